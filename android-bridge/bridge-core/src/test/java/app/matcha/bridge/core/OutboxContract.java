package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.junit.Before;
import org.junit.Test;

/** What every outbox promises. A class of tests for one of them says how to open it. */
public abstract class OutboxContract {
    private static final int PLENTY = 100_000_000;
    private static final long AT = TestClock.START + 3_600_000;

    private Outbox outbox;

    /** An empty outbox. */
    protected abstract Outbox open();

    /** The same outbox after the process was killed; itself, where it lives no longer than the process. */
    protected abstract Outbox reopen(Outbox outbox);

    @Before
    public void openOne() {
        outbox = open();
    }

    private static List<String> ids(Collection<Outbox.Entry> entries) {
        List<String> ids = new ArrayList<>();
        for (Outbox.Entry entry : entries) {
            ids.add(entry.id);
        }
        return ids;
    }

    private List<String> waiting() {
        return ids(outbox.oldest(PLENTY, PLENTY));
    }

    private static List<String> ids(Notice... notices) {
        List<String> ids = new ArrayList<>();
        for (Notice notice : notices) {
            ids.add(notice.id());
        }
        return ids;
    }

    private Notice[] added(int count) {
        Notice[] notices = new Notice[count];
        for (int n = 0; n < count; n++) {
            notices[n] = Notices.numbered(n);
            assertTrue(outbox.add(notices[n]));
        }
        return notices;
    }

    @Test
    public void an_empty_outbox_has_nothing() {
        assertEquals(Collections.emptyList(), outbox.oldest(10, PLENTY));
        assertEquals(Collections.emptyList(), outbox.recent(10));
        Outbox.Counts counts = outbox.counts();
        assertEquals(0, counts.waiting + counts.parked + counts.oldestWaitingAt + counts.dropped + counts.hidden);
    }

    @Test
    public void what_was_added_waits_verbatim_in_the_order_in_which_it_came() {
        Notice later = Notices.numbered(9);
        Notice odd = Notices.builder("1.00", TestClock.START).text("quote \" \n emoji 🍵 字 \u0000").build();
        assertTrue(outbox.add(later));
        assertTrue(outbox.add(odd));
        outbox = reopen(outbox);
        assertEquals(ids(later, odd), waiting());
        assertEquals(odd.json(), outbox.oldest(2, PLENTY).get(1).json);
        assertEquals(TestClock.START, outbox.counts().oldestWaitingAt);
    }

    @Test
    public void the_same_notice_is_kept_once_whatever_became_of_it() {
        Notice[] notices = added(3);
        outbox.stored(ids(notices[0]), AT);
        outbox.park(notices[1].id(), "invalid", AT);
        outbox = reopen(outbox);
        for (int n = 0; n < 3; n++) {
            assertFalse(outbox.add(Notices.numbered(n)));
        }
        assertEquals(ids(notices[2]), waiting());
        assertEquals(3, outbox.recent(10).size());
    }

    @Test
    public void a_batch_is_bounded_in_number_and_bytes_and_has_one_at_least() {
        Notice[] notices = added(5);
        int size = notices[0].json().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        assertEquals(ids(notices[0], notices[1]), ids(outbox.oldest(2, PLENTY)));
        assertEquals(ids(notices[0], notices[1], notices[2]), ids(outbox.oldest(100, 3 * size + 1)));
        assertEquals(ids(notices[0]), ids(outbox.oldest(100, 1)));
    }

    @Test
    public void only_what_is_named_leaves_and_it_stays_in_the_history() {
        Notice[] notices = added(4);
        outbox.stored(Arrays.asList(notices[2].id(), "of another outbox", notices[0].id()), AT);
        outbox = reopen(outbox);
        assertEquals(ids(notices[1], notices[3]), waiting());
        assertEquals(2, outbox.counts().waiting);
        Outbox.Row row = outbox.recent(4).get(1);
        assertEquals(notices[2].id(), row.id);
        assertEquals(Outbox.Fate.STORED, row.state);
        assertEquals(AT, row.stateAt);
        assertEquals(Outbox.Fate.WAITING, outbox.recent(4).get(0).state);
    }

    @Test
    public void what_is_parked_is_visible_and_not_sent() {
        Notice[] notices = added(2);
        outbox.park(notices[0].id(), "invalid", AT);
        outbox = reopen(outbox);
        assertEquals(ids(notices[1]), waiting());
        assertEquals(1, outbox.counts().parked);
        Outbox.Row row = outbox.recent(2).get(1);
        assertEquals(Outbox.Fate.PARKED, row.state);
        assertEquals("invalid", row.code);
    }

    @Test
    public void what_left_stays_as_it_is() {
        Notice[] notices = added(2);
        outbox.stored(ids(notices[0]), AT);
        outbox.park(notices[1].id(), "invalid", AT);
        outbox.park(notices[0].id(), "invalid", AT + 1);
        outbox.park("unknown", "invalid", AT + 1);
        outbox.stored(ids(notices[1]), AT + 1);
        List<Outbox.Row> rows = outbox.recent(2);
        assertEquals(Outbox.Fate.PARKED, rows.get(0).state);
        assertEquals(Outbox.Fate.STORED, rows.get(1).state);
        assertNull(rows.get(1).code);
        assertEquals(AT, rows.get(1).stateAt);
        assertEquals(0, outbox.counts().waiting);
    }

    @Test
    public void the_screen_sees_the_newest_first_with_their_words() {
        Notice[] notices = added(3);
        List<Outbox.Row> rows = outbox.recent(2);
        assertEquals(2, rows.size());
        Outbox.Row row = rows.get(0);
        assertEquals(notices[2].id(), row.id);
        assertEquals("com.tencent.mm", row.packageName);
        assertEquals("微信支付", row.title);
        assertEquals("微信支付收款0.02元(朋友到店)", row.text);
        assertEquals(TestClock.START + 2000, row.postedAt);
    }

    @Test
    public void hidden_notices_are_counted_for_good() {
        outbox.add(Notices.builder("1.00", TestClock.START).hidden(HiddenText.REDACTED).build());
        outbox.add(Notices.builder("1.00", TestClock.START).hidden(HiddenText.REDACTED).build());
        outbox.add(Notices.numbered(7));
        assertEquals(1, reopen(outbox).counts().hidden);
    }

    @Test
    public void the_history_is_bounded_and_what_waits_is_not_of_it() {
        Notice first = Notices.numbered(100_000);
        outbox.add(first);
        Notice[] notices = added(OutboxPolicy.HISTORY_MAX + 3);
        outbox.stored(ids(notices), AT);
        outbox = reopen(outbox);
        assertEquals(OutboxPolicy.HISTORY_MAX + 1, outbox.recent(PLENTY).size());
        assertEquals(ids(first), waiting());
        assertEquals("nothing was lost", 0, outbox.counts().dropped);
    }

    @Test
    public void a_full_outbox_drops_the_oldest_and_counts_each() {
        String text = String.join("", Collections.nCopies(400, "茶茶茶茶茶茶茶茶茶茶"));
        int added = 0;
        while (outbox.counts().dropped < 3) {
            Notice.Builder big = Notices.builder("1.00", TestClock.START + added).bigText(text).subText(text)
                    .infoText(text).summaryText(text).titleBig(text).ticker(text);
            for (int line = 0; line < 6; line++) {
                big.line(text);
            }
            assertTrue(outbox.add(big.build()));
            added++;
            assertTrue("32 MiB hold no more", added < 400);
        }
        outbox = reopen(outbox);
        assertEquals(3, outbox.counts().dropped);
        assertEquals(added - 3, outbox.counts().waiting);
        assertEquals(TestClock.START + 3, outbox.counts().oldestWaitingAt);
        List<Outbox.Row> rows = outbox.recent(PLENTY);
        assertEquals("what was dropped is seen", Outbox.Fate.DROPPED, rows.get(rows.size() - 1).state);
        assertEquals(Outbox.Fate.WAITING, rows.get(rows.size() - 4).state);
    }
}
