package app.matcha.bridge.core;

import static app.matcha.bridge.core.ScriptedHttp.all;
import static app.matcha.bridge.core.ScriptedHttp.fails;
import static app.matcha.bridge.core.ScriptedHttp.refuses;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier.Result.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Arrays;
import java.util.Collections;
import javax.net.ssl.SSLHandshakeException;
import org.junit.Test;

/** How long it waits after what, and what ends a wait. */
public final class CourierWaitingTest extends CourierCase {
    @Test
    public void what_goes_wrong_on_the_way_is_told_by_its_code() {
        added(0, 1);
        Object[][] failures = {
            {new ConnectException("refused"), "unreachable"}, {new UnknownHostException("shop"), "host_unknown"},
            {new SocketTimeoutException("read"), "timeout"}, {new IOException("reset"), "connection_lost"},
            {new SSLHandshakeException("no"), "tls_failed"},
            {new SSLHandshakeException("no").initCause(new Trouble.PinMismatch()), "pin_mismatch"},
            {new Trouble.AnswerTooLarge(1), "answer_too_large"},
            {new SSLHandshakeException("no").initCause(new CertificateException(new CertificateNotYetValidException())),
                "certificate_time"},
        };
        for (Object[] failure : failures) {
            http.then(fails((IOException) failure[0]));
            Courier.Result result = courier.run();
            is(result, Kind.WAIT, (String) failure[1]);
            assertEquals(1, waiting().size());
            waitFor(result);
        }
    }

    @Test
    public void before_a_wait_is_over_nothing_is_sent_and_then_at_once() {
        added(0, 1);
        http.then(refuses(503, "unavailable"));
        Courier.Result result = courier.run();
        clock.pass(result.nextAttemptAtMillis - clock.nowMillis() - 1);
        is(courier.run(), Kind.WAIT, "unavailable");
        assertEquals(result.nextAttemptAtMillis, courier.last().nextAttemptAtMillis);
        clock.pass(1);
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
    }

    @Test
    public void waits_grow_to_fifteen_minutes_and_begin_anew_after_a_success() {
        added(0, 1);
        long longest = 0;
        for (int n = 0; n < 40; n++) {
            http.then(refuses(500, "internal"));
            Courier.Result result = courier.run();
            long wait = result.nextAttemptAtMillis - clock.nowMillis();
            assertTrue("1 s <= " + wait, wait >= 1000 && wait <= Math.min(15 * MINUTE, 1000L << Math.min(n + 1, 20)));
            longest = Math.max(longest, wait);
            waitFor(result);
        }
        assertTrue("longest " + longest, longest > 10 * MINUTE);
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
        added(1, 1);
        http.then(refuses(500, "internal"));
        assertTrue(courier.run().nextAttemptAtMillis <= clock.nowMillis() + 2000);
    }

    @Test
    public void retry_after_is_honoured_up_to_fifteen_minutes() {
        added(0, 1);
        for (int status : new int[] {429, 503}) {
            for (long[] asked : new long[][] {{300, 300}, {86_400, 900}}) {
                http.then(sent -> new Http.Reply(status, Collections.singletonMap("retry-after", "" + asked[0]), new byte[0]));
                Courier.Result result = courier.run();
                is(result, Kind.WAIT, "http_" + status);
                assertEquals(clock.nowMillis() + asked[1] * 1000, result.nextAttemptAtMillis);
                courier.networkReturned();
                is(courier.run(), Kind.WAIT, "http_" + status);
                courier.tryAgain();
            }
        }
    }

    @Test
    public void when_the_network_returns_it_is_tried_at_once_and_patience_is_new() {
        added(0, 1);
        for (int n = 0; n < 12; n++) {
            http.then(fails(new UnknownHostException("shop")));
            waitFor(courier.run());
        }
        http.then(fails(new UnknownHostException("shop")));
        courier.run();
        courier.networkReturned();
        http.then(fails(new UnknownHostException("shop")));
        assertTrue(courier.run().nextAttemptAtMillis <= clock.nowMillis() + 2000);
        courier.networkReturned();
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
    }

    @Test
    public void setting_the_clock_neither_shortens_a_wait_nor_makes_it_last_for_days() {
        added(0, 1);
        http.then(refuses(500, "internal"));
        long wait = courier.run().nextAttemptAtMillis - clock.nowMillis();
        clock.set(clock.nowMillis() + 24 * 60 * MINUTE);
        is(courier.run(), Kind.WAIT, "internal");
        clock.set(clock.nowMillis() - 48 * 60 * MINUTE);
        assertEquals(clock.nowMillis() + wait, courier.run().nextAttemptAtMillis);
        clock.pass(wait);
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
    }

    @Test
    public void after_failures_less_is_tried_at_once_and_after_a_success_all_of_it() {
        added(0, 200);
        ScriptedHttp.Step timeout = fails(new SocketTimeoutException("read"));
        int[] sizes = {100, 50, 25, 12, 6, 3, 1, 1, 1};
        for (int size : sizes) {
            http.then(timeout);
            Courier.Result result = courier.run();
            assertEquals(size, http.last().ids().size());
            waitFor(result);
        }
        http.then(all(clock), all(clock), all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(Arrays.asList(1, 100, 99), Arrays.asList(http.sent.get(9).ids().size(),
                http.sent.get(10).ids().size(), http.sent.get(11).ids().size()));
    }
}
