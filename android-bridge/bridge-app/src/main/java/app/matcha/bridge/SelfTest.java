package app.matcha.bridge;

/**
 * A notification of the app's own, followed through everything that a receipt goes through: posted, heard by the
 * listener, named stored by the server. Used on the main thread.
 */
public interface SelfTest {
    enum State {
        /** None was started, or it was cancelled. */
        IDLE,
        /** About to post. */
        RUNNING,
        /** The system has it; the listener has not heard it yet. */
        POSTED,
        /** The listener heard it; the server has not named it yet. */
        HEARD,
        /** The server has it: the way is open. */
        STORED,
        /** It got no further; {@link SelfTest#failedAt} says where. */
        FAILED
    }

    /** Begins anew. */
    void start();

    /** Ends it and takes the notification away. */
    void cancel();

    State state();

    /** The state that was not reached: POSTED, HEARD or STORED; null unless the state is FAILED. */
    State failedAt();

    /** Milliseconds from the start until it was posted; -1 as long as it was not. */
    long postedAfterMillis();

    /** Milliseconds from the start until it was heard; -1 as long as it was not. */
    long heardAfterMillis();

    /** Milliseconds from the start until the server named it; -1 as long as it did not. */
    long storedAfterMillis();
}
