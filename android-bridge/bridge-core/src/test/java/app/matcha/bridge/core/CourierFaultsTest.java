package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.Test;

/**
 * Whatever goes wrong, in any order: every notice ends up stored, once, and is never called stored before. A seed that
 * fails is printed; run it alone to look at it.
 */
public final class CourierFaultsTest {
    /** More of them: -Dmatcha.seeds=2000. */
    private static final int SEEDS = Integer.getInteger("matcha.seeds", 40);
    private static final byte[] KEY = HmacSigner.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    /** An outbox that checks each farewell against what the server has. */
    private static final class Checked implements Outbox {
        final MemoryOutbox inner = new MemoryOutbox();
        FaultyServer server;

        @Override
        public boolean add(Notice notice) {
            return inner.add(notice);
        }

        @Override
        public List<Entry> oldest(int max, int maxBytes) {
            return inner.oldest(max, maxBytes);
        }

        @Override
        public void stored(Collection<String> ids, long atMillis) {
            assertTrue("called stored, and is not", server.storedIds.containsAll(ids));
            inner.stored(ids, atMillis);
        }

        @Override
        public void park(String id, String code, long atMillis) {
            assertTrue("parked, and nothing is wrong with it", server.poison.contains(id));
            inner.park(id, code, atMillis);
        }

        @Override
        public Counts counts() {
            return inner.counts();
        }

        @Override
        public List<Row> recent(int max) {
            return inner.recent(max);
        }
    }

    @Test
    public void every_notice_is_stored_exactly_once_and_none_is_lost_whatever_goes_wrong() {
        int faults = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                faults += live(new Random(seed), seed % 3 == 0 ? 0 : 5);
            } catch (AssertionError | RuntimeException failed) {
                throw new AssertionError("seed " + seed, failed);
            }
        }
        assertTrue("hardly anything went wrong: " + faults, faults > SEEDS * 20);
    }

    /** The life of one phone, some of whose notices the server refuses for good. */
    private static int live(Random random, int poisoned) {
        int count = 20 + random.nextInt(180);
        TestClock clock = new TestClock();
        Signer signer = new HmacSigner("dev_1", KEY);
        MemoryState state = new MemoryState();
        Checked outbox = new Checked();
        Map<String, Notice> posted = new HashMap<>();
        Runnable meanwhile = () -> {
            for (int n = random.nextInt(8); n > 0 && posted.size() < count; n--) {
                post(outbox, posted);
            }
        };
        FaultyServer server = new FaultyServer(signer, clock, random, meanwhile);
        outbox.server = server;
        for (int n = 0; n < poisoned; n++) {
            server.poison.add(Notices.numbered(random.nextInt(count)).id());
        }
        Courier courier = new Courier(outbox, signer, server, clock, new TestChance(random.nextLong()), state);
        for (int round = 0; posted.size() < count || outbox.counts().waiting > 0; round++) {
            assertTrue("it does not come to an end", round < 5000);
            if (round > 400) {
                server.heal();
            }
            meanwhile.run();
            courier = afterSomething(random, clock, courier,
                    () -> new Courier(outbox, signer, server, clock, new TestChance(random.nextLong()), state));
            runOnce(courier, clock, outbox);
        }
        Set<String> ids = new HashSet<>(posted.keySet());
        ids.removeAll(server.poison);
        assertEquals("stored", ids, server.storedIds);
        assertEquals("stored once", ids.size(), server.stored.size());
        assertEquals("parked", posted.size() - ids.size(), outbox.counts().parked);
        assertEquals("dropped", 0, outbox.counts().dropped);
        return server.faults;
    }

    private static void post(Outbox outbox, Map<String, Notice> posted) {
        Notice notice = Notices.numbered(posted.size());
        posted.put(notice.id(), notice);
        assertTrue(outbox.add(notice));
        // The listener connects anew and reads what still stands there.
        outbox.add(Notices.numbered(posted.size() - 1));
    }

    /** Life around the courier: clocks are set, networks return, processes end, owners press buttons. */
    private static Courier afterSomething(Random random, TestClock clock, Courier courier,
            java.util.function.Supplier<Courier> restarted) {
        switch (random.nextInt(12)) {
            case 0:
                clock.set(clock.nowMillis() + (random.nextInt(3) - 1) * 86_400_000L + random.nextInt(1_200_000) - 600_000);
                return courier;
            case 1:
                return restarted.get();
            case 2:
                courier.networkReturned();
                return courier;
            case 3:
                courier.tryAgain();
                return courier;
            default:
                return courier;
        }
    }

    private static void runOnce(Courier courier, TestClock clock, Outbox outbox) {
        Courier.Result result;
        try {
            result = courier.run();
        } catch (IllegalStateException killed) {
            return;
        }
        switch (result.kind) {
            case IDLE:
                assertEquals(0, outbox.counts().waiting);
                clock.pass(60_000);
                break;
            case WAIT:
                long wait = result.nextAttemptAtMillis - clock.nowMillis();
                assertTrue("waits " + wait, wait > 0 && wait <= Backoff.MOST);
                clock.pass(wait);
                break;
            case STOPPED:
                courier.tryAgain();
                break;
            case PROGRESS:
                break;
            default:
                throw new AssertionError(result.kind);
        }
    }
}
