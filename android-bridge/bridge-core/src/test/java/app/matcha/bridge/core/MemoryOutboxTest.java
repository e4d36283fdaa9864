package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public final class MemoryOutboxTest extends OutboxContract {
    @Override
    protected Outbox open() {
        return new MemoryOutbox();
    }

    @Override
    protected Outbox reopen(Outbox outbox) {
        return outbox;
    }

    @Test
    public void twenty_thousand_wait_and_one_more_drops_the_first() {
        MemoryOutbox outbox = new MemoryOutbox();
        for (int n = 0; n <= OutboxPolicy.WAITING_MAX; n++) {
            outbox.add(Notices.numbered(n));
        }
        assertEquals(OutboxPolicy.WAITING_MAX, outbox.counts().waiting);
        assertEquals(1, outbox.counts().dropped);
        assertEquals(Notices.numbered(1).id(), outbox.oldest(1, 1).get(0).id);
    }

    @Test
    public void the_newest_is_never_dropped() {
        assertTrue(OutboxPolicy.isOverfull(2, OutboxPolicy.WAITING_BYTES_MAX + 1));
        assertFalse(OutboxPolicy.isOverfull(1, OutboxPolicy.WAITING_BYTES_MAX + 1));
        assertFalse(OutboxPolicy.isOverfull(OutboxPolicy.WAITING_MAX, OutboxPolicy.WAITING_BYTES_MAX));
    }

    @Test
    public void more_than_five_hundred_parked_drop_the_first_and_count_it() {
        MemoryOutbox outbox = new MemoryOutbox();
        for (int n = 0; n <= OutboxPolicy.PARKED_MAX; n++) {
            outbox.add(Notices.numbered(n));
            outbox.park(Notices.numbered(n).id(), "invalid", n);
        }
        assertEquals(OutboxPolicy.PARKED_MAX, outbox.counts().parked);
        assertEquals(1, outbox.counts().dropped);
    }
}
