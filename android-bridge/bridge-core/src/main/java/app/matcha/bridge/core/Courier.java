package app.matcha.bridge.core;

import com.grack.nanojson.JsonArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Carries notices from the outbox to the server. Knows when one may leave: when the server named it stored, and at no
 * other time. Refuses to know what a notice says, and how its bytes travel.
 *
 * <p>Its rules: a batch at a time, oldest first. What is named leaves. A refused batch (413, 422) is halved down to the
 * notice that is at fault, which is parked. A refused phone (401, 403 with a code of Matcha's) stops until it is paired
 * anew or somebody says {@link #tryAgain}. Everything else is waited out, from 1 s up to 15 min.
 *
 * <p>{@link #run} blocks; call it from one worker thread. The other methods may be called from any. What the outbox
 * throws, {@code run} throws: then nothing was taken out of it.
 */
public final class Courier {
    static final String PATH = "/api/v1/bridge/notices";
    /** How long one run goes on, so that a wake lock around it ends, in milliseconds. */
    static final long RUN_MAX = 60_000;
    private static final String LAST_STORED = "courier.last_stored_at";

    private final Outbox outbox;
    private final Signer signer;
    private final Clock clock;
    private final State state;
    private final SignedPost post;
    private final StopMark stop;
    private final Backoff backoff;
    private final AtomicBoolean networkIsBack = new AtomicBoolean();
    private final AtomicBoolean ownerIsWaiting = new AtomicBoolean();
    private volatile Result last;
    /** Monotonic milliseconds before which nothing is sent: for our own patience, and because the server asked for it. */
    private long waitUntil = Long.MIN_VALUE;
    private long askedUntil = Long.MIN_VALUE;
    private String waitCode;
    private String waitDetail;

    public Courier(Outbox outbox, Signer signer, Http http, Clock clock, Chance chance, State state) {
        this.outbox = outbox;
        this.signer = signer;
        this.clock = clock;
        this.state = state;
        post = new SignedPost(signer, http, clock, chance, new ClockOffset(clock, state));
        stop = new StopMark(state);
        backoff = new Backoff(chance);
        last = new Result(Result.Kind.IDLE, 0, null, null);
    }

    /** What a run came to. Immutable. */
    public static final class Result {
        /** How it stands. */
        public enum Kind {
            /** Nothing waits. */
            IDLE,
            /** More waits and nothing is in the way: call {@link Courier#run} again. */
            PROGRESS,
            /** Something is in the way: call {@link Courier#run} again at {@link Result#nextAttemptAtMillis}. */
            WAIT,
            /** The server does not take this phone, or it is not paired: a person must act. */
            STOPPED
        }

        public final Kind kind;
        /** When to call again, in milliseconds by the phone's clock; 0 where there is nothing to wait for. */
        public final long nextAttemptAtMillis;
        /**
         * Why, where it is WAIT or STOPPED; null otherwise. A code of Matcha's problems; {@code http_<status>} for an answer
         * that is not Matcha's; {@code not_matcha} for a 200 that is not ours (a captive portal); {@code nothing_stored};
         * {@code not_paired}; {@code key_unavailable}; or one of the way: {@code unreachable}, {@code host_unknown},
         * {@code timeout}, {@code connection_lost}, {@code tls_failed}, {@code certificate_refused},
         * {@code certificate_time}, {@code pin_mismatch}, {@code answer_too_large}.
         */
        public final String code;
        /** A sentence about it, from the server where it spoke; may be null. May repeat what was sent: not for sharing. */
        public final String detail;

        Result(Kind kind, long nextAttemptAtMillis, String code, String detail) {
            this.kind = kind;
            this.nextAttemptAtMillis = nextAttemptAtMillis;
            this.code = code;
            this.detail = detail;
        }

        @Override
        public String toString() {
            return kind + (code == null ? "" : " " + code);
        }
    }

    /** The network came back: the next {@link #run} does not wait, unless the server itself asked for it. */
    public void networkReturned() {
        networkIsBack.set(true);
    }

    /** The owner says so: the next {@link #run} waits for nothing and is not stopped. */
    public void tryAgain() {
        ownerIsWaiting.set(true);
    }

    /** What the last run came to. */
    public Result last() {
        return last;
    }

    /** When the server last named a notice stored, in milliseconds by the phone's clock; 0 for never. */
    public long lastStoredAtMillis() {
        return state.getLong(LAST_STORED, 0);
    }

    /** Delivers until nothing waits or something is in the way; does nothing before a wait is over. */
    public synchronized Result run() {
        String device = signer.deviceId();
        Result standing = standing(device);
        last = standing == null ? deliver(device) : standing;
        return last;
    }

    /** Why nothing may be sent now, or null where something may. */
    private Result standing(String device) {
        if (ownerIsWaiting.getAndSet(false)) {
            stop.clear();
            beginAnew(Long.MIN_VALUE);
        }
        if (networkIsBack.getAndSet(false)) {
            beginAnew(Math.min(waitUntil, askedUntil));
        }
        if (device == null) {
            return new Result(Result.Kind.STOPPED, 0, "not_paired", null);
        }
        if (stop.isSetFor(device)) {
            return new Result(Result.Kind.STOPPED, 0, stop.code(), stop.detail());
        }
        long left = waitUntil - clock.elapsedMillis();
        return waitUntil != Long.MIN_VALUE && left > 0
                ? new Result(Result.Kind.WAIT, clock.nowMillis() + left, waitCode, waitDetail) : null;
    }

    private void beginAnew(long until) {
        backoff.reset();
        waitUntil = until;
    }

    private Result deliver(String device) {
        long end = clock.elapsedMillis() + RUN_MAX;
        // Among the first so many is one that the server refuses; 0 where none is known.
        int suspects = 0;
        String refusedAlone = null;
        while (clock.elapsedMillis() < end) {
            List<Outbox.Entry> batch = outbox.oldest(size(suspects), OutboxPolicy.BATCH_BYTES_MAX);
            if (batch.isEmpty()) {
                backoff.reset();
                return new Result(Result.Kind.IDLE, 0, null, null);
            }
            Answer answer = send(batch);
            if (answer.kind == Answer.Kind.REFUSED && batch.size() > 1) {
                suspects = batch.size();
                continue;
            }
            if (answer.kind == Answer.Kind.REFUSED && answer.byMatcha) {
                // Is it the notice? A message without any must be taken, and it must be refused alone once more: a server
                // that refuses everything for a while condemns nothing.
                Answer empty = send(Collections.<Outbox.Entry>emptyList());
                if (stored(empty) == null || !stored(empty).isEmpty()) {
                    return waitOrStop(device, empty);
                }
                String id = batch.get(0).id;
                if (id.equals(refusedAlone)) {
                    outbox.park(id, answer.code, clock.nowMillis());
                }
                suspects = id.equals(refusedAlone) ? 0 : 1;
                refusedAlone = id;
                continue;
            }
            List<String> named = among(batch, stored(answer));
            if (named.isEmpty()) {
                return waitOrStop(device, answer);
            }
            outbox.stored(named, clock.nowMillis());
            state.putLong(LAST_STORED, clock.nowMillis());
            backoff.reset();
            suspects = Math.max(0, suspects - named.size());
        }
        return new Result(Result.Kind.PROGRESS, clock.nowMillis(), null, null);
    }

    /** After failures less is tried: on a bad line a big batch may never come through, and a small one may. */
    private int size(int suspects) {
        int most = OutboxPolicy.BATCH_NOTICES_MAX >> Math.min(backoff.failures(), 10);
        return Math.max(1, suspects == 0 ? most : Math.min(most, suspects / 2));
    }

    private Answer send(List<Outbox.Entry> batch) {
        StringBuilder notices = new StringBuilder();
        for (Outbox.Entry entry : batch) {
            notices.append(notices.length() == 0 ? "" : ",").append(entry.json);
        }
        String end = "\",\"notices\":[" + notices + "]}";
        return post.post(PATH, sentAt -> ("{\"sent_at\":\"" + sentAt + end).getBytes(StandardCharsets.UTF_8));
    }

    /** What an answer names as stored; null where it is no such answer. */
    private static JsonArray stored(Answer answer) {
        return answer.kind == Answer.Kind.OK ? answer.body.getArray("stored") : null;
    }

    /** Only what was sent can have been stored, whatever else an answer names. */
    private static List<String> among(List<Outbox.Entry> batch, JsonArray stored) {
        Set<Object> names = stored == null ? Collections.emptySet() : new HashSet<>(stored);
        List<String> among = new ArrayList<>();
        for (Outbox.Entry entry : batch) {
            if (names.contains(entry.id)) {
                among.add(entry.id);
            }
        }
        return among;
    }

    private Result waitOrStop(String device, Answer answer) {
        if (answer.kind == Answer.Kind.STOP) {
            stop.set(device, answer.code, answer.detail);
            return new Result(Result.Kind.STOPPED, 0, answer.code, answer.detail);
        }
        boolean ok = answer.kind == Answer.Kind.OK;
        waitCode = !ok ? answer.code : stored(answer) == null ? "not_matcha" : "nothing_stored";
        waitDetail = answer.detail;
        long wait = backoff.failed(answer.retryAfterMillis);
        long now = clock.elapsedMillis();
        waitUntil = now + wait;
        askedUntil = now + Math.min(Backoff.MOST, answer.retryAfterMillis);
        return new Result(Result.Kind.WAIT, clock.nowMillis() + wait, waitCode, waitDetail);
    }
}
