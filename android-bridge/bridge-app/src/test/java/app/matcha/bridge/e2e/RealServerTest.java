package app.matcha.bridge.e2e;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.net.ConnectivityManager;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.core.Courier;
import app.matcha.bridge.core.TestKey;
import com.grack.nanojson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.Test;

/** Good days, wrong clocks, days without a network, and phones and servers that do not know each other. */
public final class RealServerTest extends RealServerCase {
    @Test
    public void on_a_good_day_a_receipt_opens_its_order_at_once() throws Exception {
        pair();
        Owner.Order order = owner.order();
        Owner.Order other = owner.order();
        receipt(order.amount, phone.nowMillis());
        settle();
        isPaid(order);
        isPending(other);
        everyNoticeIsThereOnce();
        pass(Duration.ofMinutes(1));
        JsonObject health = owner.device().getObject("health");
        assertTrue("the next heartbeat tells what was heard: " + health, health.getObject("last_callback").has("com.tencent.mm"));
    }

    @Test
    public void a_phone_whose_clock_is_ten_minutes_off_settles_the_order_that_held_the_amount() throws Exception {
        phone.wrongByMillis = 10 * MINUTE;
        pair();
        Owner.Order first = owner.order();
        receipt(first.amount, phone.nowMillis());
        deliverAll();
        isPaid(first);
        assertEquals(-10.0, owner.device().getInt("clock_offset_ms") / (double) MINUTE, 0.2);

        // Somebody sets it, and it is wrong the other way: the signature is stale, and corrected at once.
        phone.wrongByMillis = -10 * MINUTE;
        Owner.Order second = owner.order();
        Owner.Order other = owner.order();
        receipt(second.amount, phone.nowMillis());
        deliverAll();
        isPaid(second);
        isPending(other);
        everyNoticeIsThereOnce();
        assertEquals(10 * MINUTE, bridge.status().clockOffsetMillis, 0.2 * MINUTE);
    }

    @Test
    public void after_a_day_without_a_network_five_hundred_notices_arrive_once_and_pay_what_they_should() throws Exception {
        pair();
        relay.isGone(true);
        long yesterday = phone.nowMillis() - 24 * 60 * MINUTE;
        List<Owner.Order> unpaid = List.of(owner.order(), owner.order(), owner.order());
        for (int quarter = 0; quarter < 96; quarter++) {
            for (int n = 0; n < 5; n++) {
                long at = yesterday + quarter * QUARTER.toMillis() + n * 1000;
                if (n == 0 && quarter % 32 == 5) {
                    // The same amount was paid hours ago, when nobody had ordered: that is not this order's money.
                    receipt(unpaid.get(quarter / 32).amount, at);
                } else {
                    post("李四", "第 " + quarter + " 刻, 第 " + n + " 条", at);
                }
            }
            pass(QUARTER);
        }
        List<Owner.Order> paid = new ArrayList<>();
        for (int n = 0; n < 10; n++) {
            Owner.Order order = owner.order();
            receipt(order.amount, phone.nowMillis());
            paid.add(order);
        }
        chatter(10);
        settle();
        assertEquals(500, posted.size());
        assertEquals(500, bridge.status().waiting);
        assertEquals(Courier.Result.Kind.WAIT, bridge.status().courier);
        assertEquals(Collections.emptyList(), owner.all("/notices"));
        int visits = relay.visits();
        assertTrue("it did not knock all day long: " + visits, visits < 500);

        relay.isGone(false);
        ConnectivityManager networks = phone.getSystemService(ConnectivityManager.class);
        for (ConnectivityManager.NetworkCallback callback : shadowOf(networks).getNetworkCallbacks()) {
            callback.onAvailable(networks.getActiveNetwork());
        }
        settle();
        assertEquals("at once, and not when the wait is over", 0, bridge.status().waiting);
        everyNoticeIsThereOnce();
        for (Owner.Order order : paid) {
            isPaid(order);
        }
        for (Owner.Order order : unpaid) {
            isPending(order);
        }
    }

    @Test
    public void a_phone_that_was_revoked_keeps_what_it_hears_until_it_is_paired_anew() throws Exception {
        pair();
        owner.revoke(bridge.status().deviceId);
        Owner.Order order = owner.order();
        receipt(order.amount, phone.nowMillis());
        settle();
        assertEquals(Courier.Result.Kind.STOPPED, bridge.status().courier);
        assertEquals("revoked_device", bridge.status().code);
        pass(Duration.ofHours(1));
        chatter(3);
        settle();
        assertEquals(4, bridge.status().waiting);
        pair();
        assertEquals(0, bridge.status().waiting);
        isPaid(order);
        everyNoticeIsThereOnce();
    }

    @Test
    public void a_server_with_another_key_hears_nothing() throws Exception {
        TestKey another = TestKey.make(FOLDER.getRoot().toPath(), "ip:127.0.0.1");
        PairResult result = pair(another.pin().toString());
        assertFalse(result.ok);
        assertEquals("pin_mismatch", result.code);
        receipt("1.00", phone.nowMillis());
        settle();
        assertEquals(0, bridge.status().waiting);
        assertEquals(Collections.emptyList(), owner.all("/notices"));
        assertEquals(Collections.emptyList(), owner.all("/devices"));
    }

    @Test
    public void what_still_stands_is_read_again_and_stays_one_notice() throws Exception {
        pair();
        Owner.Order order = owner.order();
        long at = phone.nowMillis();
        receipt(order.amount, at);
        deliverAll();
        // The system let go of the listener and took it again; what it reads to us now we know.
        receipt(order.amount, at);
        posted.remove(posted.size() - 1);
        settle();
        isPaid(order);
        everyNoticeIsThereOnce();
    }
}
