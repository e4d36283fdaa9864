package app.matcha.bridge.core;

import java.nio.charset.StandardCharsets;

/**
 * Tells the server that the phone is awake, and how it is. A heartbeat that fails is not repeated: the next one is newer.
 * The server raises the alarm when none comes.
 */
public final class Heartbeat {
    static final String PATH = "/api/v1/bridge/heartbeat";
    /** How often, in milliseconds, while the phone is awake. */
    public static final long EVERY = 60_000;
    private static final String LAST = "heartbeat.last_at";

    private final Signer signer;
    private final Clock clock;
    private final State state;
    private final SignedPost post;
    private final StopMark stop;

    public Heartbeat(Signer signer, Http http, Clock clock, Chance chance, State state) {
        this.signer = signer;
        this.clock = clock;
        this.state = state;
        post = new SignedPost(signer, http, clock, chance, new ClockOffset(clock, state));
        stop = new StopMark(state);
    }

    /**
     * Sends one and blocks until it is answered. A phone that the server refused stays silent, and one that is refused now
     * stops the courier too.
     *
     * @return IDLE where the server heard it; otherwise WAIT or STOPPED with the code
     */
    public synchronized Courier.Result beat(Health health) {
        String device = signer.deviceId();
        if (device == null) {
            return new Courier.Result(Courier.Result.Kind.STOPPED, 0, "not_paired", null);
        }
        if (stop.isSetFor(device)) {
            return new Courier.Result(Courier.Result.Kind.STOPPED, 0, stop.code(), stop.detail());
        }
        Answer answer = post.post(PATH, sentAt -> health.json(sentAt).getBytes(StandardCharsets.UTF_8));
        if (answer.kind == Answer.Kind.STOP) {
            stop.set(device, answer.code, answer.detail);
            return new Courier.Result(Courier.Result.Kind.STOPPED, 0, answer.code, answer.detail);
        }
        long next = clock.nowMillis() + EVERY;
        if (answer.kind == Answer.Kind.OK && answer.body.isString("server_time")) {
            state.putLong(LAST, clock.nowMillis());
            return new Courier.Result(Courier.Result.Kind.IDLE, next, null, null);
        }
        String code = answer.kind == Answer.Kind.OK ? "not_matcha" : answer.code;
        return new Courier.Result(Courier.Result.Kind.WAIT, next, code, answer.detail);
    }

    /** When the server last heard one, in milliseconds by the phone's clock; 0 for never. */
    public long lastAtMillis() {
        return state.getLong(LAST, 0);
    }
}
