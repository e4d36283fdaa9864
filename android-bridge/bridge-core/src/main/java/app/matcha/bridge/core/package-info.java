/**
 * What the bridge does, without Android: what a notice is, what waits, how it is signed, sent and answered.
 *
 * <p>The path of one notification: the listener fills a {@link app.matcha.bridge.core.Notice} (with
 * {@link app.matcha.bridge.core.HiddenText} looking whether the phone hid the words), the
 * {@link app.matcha.bridge.core.Outbox} keeps it, the {@link app.matcha.bridge.core.Courier} signs and sends batches
 * over {@link app.matcha.bridge.core.UrlHttp} until the server names them stored, and only then do they leave.
 * {@link app.matcha.bridge.core.Heartbeat} tells how the phone is, {@link app.matcha.bridge.core.Watchdog} decides when
 * a silent listener is shaken awake, {@link app.matcha.bridge.core.Pairing} is how it all begins.
 *
 * <p>Nothing here parses money, reads a clock or throws dice by itself: {@link app.matcha.bridge.core.Clock} and
 * {@link app.matcha.bridge.core.Chance} are handed in. Java 8, and of it only what Android 26 has.
 */
package app.matcha.bridge.core;
