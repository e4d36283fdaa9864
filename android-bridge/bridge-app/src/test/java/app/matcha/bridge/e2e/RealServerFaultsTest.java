package app.matcha.bridge.e2e;

import static org.junit.Assert.assertEquals;

import app.matcha.bridge.e2e.TlsRelay.Fate;
import org.junit.Test;

/** Whatever goes wrong between the phone and the server, or with the server itself. */
public final class RealServerFaultsTest extends RealServerCase {
    /** Notices with a receipt in the middle, through whatever the relay was told; its order is paid, another is not. */
    private void deliversThrough(int count, Fate... fates) throws Exception {
        Owner.Order order = owner.order();
        Owner.Order other = owner.order();
        relay.isGone(true);
        chatter(count / 2);
        receipt(order.amount, phone.nowMillis());
        chatter(count - count / 2 - 1);
        settle();
        assertEquals(count, bridge.status().waiting);
        relay.isGone(false);
        relay.next(fates);
        deliverAll();
        isPaid(order);
        isPending(other);
        everyNoticeIsThereOnce();
    }

    @Test
    public void a_server_that_is_killed_between_and_during_batches_has_every_notice_once() throws Exception {
        pair();
        deliversThrough(250, Fate.KILL_BETWEEN, Fate.KILL_WHILE_STORING, Fate.FORWARD, Fate.KILL_AFTER_STORING,
                Fate.KILL_WHILE_STORING, Fate.KILL_BETWEEN, Fate.KILL_AFTER_STORING);
        assertEquals("it was killed as often as it was told", 6, matcha.kills());
    }

    @Test
    public void a_server_that_is_too_slow_has_every_notice_once() throws Exception {
        pair();
        phone.patience = 1_500;
        deliversThrough(150, Fate.HANG, Fate.HANG_AFTER_STORING, Fate.FORWARD, Fate.HANG_AFTER_STORING);
    }

    @Test
    public void a_server_that_answers_500_has_every_notice_once() throws Exception {
        pair();
        deliversThrough(150, Fate.ANSWER_500, Fate.ANSWER_500, Fate.FORWARD, Fate.ANSWER_500, Fate.FORWARD, Fate.ANSWER_500);
    }

    @Test
    public void a_server_whose_answers_are_lost_after_storing_has_every_notice_once() throws Exception {
        pair();
        deliversThrough(200, Fate.LOSE_ANSWER, Fate.CUT_ANSWER, Fate.FORWARD, Fate.LOSE_ANSWER, Fate.CUT_ANSWER,
                Fate.LOSE_ANSWER);
    }
}
