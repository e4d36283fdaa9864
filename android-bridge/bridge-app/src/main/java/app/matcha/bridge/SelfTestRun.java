package app.matcha.bridge;

import android.os.Handler;
import android.os.Looper;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.Chance;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Outbox;
import java.util.Locale;
import java.util.function.Function;

/**
 * The self-test as it happens. Its notification goes the way of every receipt, through listener, outbox and courier; the
 * server keeps it as a notice that no rule reads. A mark that is new each time tells it from the one before.
 */
final class SelfTestRun implements SelfTest {
    /** Milliseconds. The system hands a notification over in tens of them. */
    static final long HEAR_MAX = 15_000;
    static final long STORE_MAX = 60_000;

    private final Alarms alarms;
    private final Phone phone;
    private final Clock clock;
    private final Chance chance;
    private final Runnable onChange;
    private final Function<String, Outbox.Fate> fateOf;
    private final Handler main = new Handler(Looper.getMainLooper());
    private final Runnable look = this::look;
    private State state = State.IDLE;
    private State failedAt;
    private String mark;
    private String noticeId;
    private long startedAt;
    private long postedAfter = -1;
    private long heardAfter = -1;
    private long storedAfter = -1;

    SelfTestRun(Alarms alarms, Phone phone, Clock clock, Chance chance, Function<String, Outbox.Fate> fateOf,
            Runnable onChange) {
        this.alarms = alarms;
        this.phone = phone;
        this.clock = clock;
        this.chance = chance;
        this.fateOf = fateOf;
        this.onChange = onChange;
    }

    @Override
    public synchronized void start() {
        cancel();
        byte[] random = new byte[4];
        chance.bytes(random);
        mark = String.format(Locale.ROOT, "%02x%02x%02x%02x", random[0], random[1], random[2], random[3]);
        startedAt = clock.elapsedMillis();
        state = State.RUNNING;
        if (!phone.mayNotify()) {
            fail(State.POSTED);
            return;
        }
        // Before it is posted: the listener may hear it at once.
        state = State.POSTED;
        postedAfter = clock.elapsedMillis() - startedAt;
        alarms.postTest(mark);
        main.postDelayed(look, HEAR_MAX);
        onChange.run();
    }

    @Override
    public synchronized void cancel() {
        main.removeCallbacks(look);
        if (mark != null) {
            alarms.takeTest(mark);
        }
        state = State.IDLE;
        failedAt = null;
        mark = null;
        noticeId = null;
        postedAfter = heardAfter = storedAfter = -1;
        onChange.run();
    }

    /** True for the notification of the test that is going on. */
    synchronized boolean isMine(StatusBarNotification posted) {
        return state == State.POSTED && posted.getId() == Alarms.TEST_ID && posted.getTag() != null
                && posted.getTag().equals(mark) && posted.getPackageName().equals(phone.ownName());
    }

    /** The listener heard it, and it waits under this id. */
    synchronized void heard(String id) {
        noticeId = id;
        state = State.HEARD;
        heardAfter = clock.elapsedMillis() - startedAt;
        alarms.takeTest(mark);
        main.removeCallbacks(look);
        main.postDelayed(look, STORE_MAX);
        onChange.run();
    }

    /** Something changed, or time is up: how far is it? */
    synchronized void look() {
        long after = clock.elapsedMillis() - startedAt;
        if (state == State.POSTED && after >= HEAR_MAX) {
            fail(State.HEARD);
        } else if (state == State.HEARD) {
            Outbox.Fate fate = fateOf.apply(noticeId);
            if (fate == Outbox.Fate.STORED) {
                main.removeCallbacks(look);
                state = State.STORED;
                storedAfter = after;
                onChange.run();
            } else if (fate != Outbox.Fate.WAITING || after - heardAfter >= STORE_MAX) {
                fail(State.STORED);
            }
        }
    }

    private void fail(State notReached) {
        main.removeCallbacks(look);
        alarms.takeTest(mark);
        state = State.FAILED;
        failedAt = notReached;
        onChange.run();
    }

    @Override
    public synchronized State state() {
        return state;
    }

    @Override
    public synchronized State failedAt() {
        return failedAt;
    }

    @Override
    public synchronized long postedAfterMillis() {
        return postedAfter;
    }

    @Override
    public synchronized long heardAfterMillis() {
        return heardAfter;
    }

    @Override
    public synchronized long storedAfterMillis() {
        return storedAfter;
    }
}
