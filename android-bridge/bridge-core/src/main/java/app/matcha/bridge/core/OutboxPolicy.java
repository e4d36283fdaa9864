package app.matcha.bridge.core;

/** The bounds of the outbox, each with its unit and reason. Every implementation keeps to them. */
public final class OutboxPolicy {
    /** Notices that may wait: a busy shop's month. */
    public static final int WAITING_MAX = 20_000;
    /** Bytes of JSON that may wait: a phone's storage must not fill up because a server is gone. */
    public static final long WAITING_BYTES_MAX = 32L * 1024 * 1024;
    /** Notices that left and are still shown, and known when the system reads them to us again. */
    public static final int HISTORY_MAX = 500;
    /** Refused notices that are kept; the oldest beyond it count as dropped. */
    public static final int PARKED_MAX = 500;
    /** Notices in one batch. The server takes 10,000; small batches lose less to a bad line. */
    public static final int BATCH_NOTICES_MAX = 100;
    /** Bytes of JSON in one batch. Below the 1 MiB at which common proxies stop; the server takes 8 MiB. */
    public static final int BATCH_BYTES_MAX = 512 * 1024;

    private OutboxPolicy() {}

    /** True where the oldest must be dropped until it is false: the newest always stays, so that nothing stands still. */
    public static boolean isOverfull(int waiting, long waitingBytes) {
        return waiting > WAITING_MAX || (waitingBytes > WAITING_BYTES_MAX && waiting > 1);
    }
}
