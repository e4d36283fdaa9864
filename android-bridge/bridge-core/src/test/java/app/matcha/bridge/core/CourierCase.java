package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;

import app.matcha.bridge.core.Courier.Result.Kind;
import java.util.ArrayList;
import java.util.List;

/** A courier between an outbox in memory and a server whose answers are written down beforehand. */
abstract class CourierCase {
    static final byte[] KEY = HmacSigner.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    static final long MINUTE = 60_000;

    final TestClock clock = new TestClock();
    final MemoryOutbox outbox = new MemoryOutbox();
    final MemoryState state = new MemoryState();
    final ScriptedHttp http = new ScriptedHttp();
    final Signer signer = new HmacSigner("dev_1", KEY);
    Courier courier = courier(signer);

    Courier courier(Signer by) {
        return new Courier(outbox, by, http, clock, new TestChance(1), state);
    }

    List<String> added(int from, int count) {
        List<String> ids = new ArrayList<>();
        for (int n = from; n < from + count; n++) {
            outbox.add(Notices.numbered(n));
            ids.add(Notices.numbered(n).id());
        }
        return ids;
    }

    List<String> waiting() {
        List<String> ids = new ArrayList<>();
        for (Outbox.Entry entry : outbox.oldest(Integer.MAX_VALUE, Integer.MAX_VALUE)) {
            ids.add(entry.id);
        }
        return ids;
    }

    void is(Courier.Result result, Kind kind, String code) {
        assertEquals(result.toString(), kind, result.kind);
        assertEquals(code, result.code);
        assertEquals(result, courier.last());
        http.isDone();
    }

    /** The time of a wait goes by. */
    void waitFor(Courier.Result result) {
        clock.pass(result.nextAttemptAtMillis - clock.nowMillis());
    }
}
