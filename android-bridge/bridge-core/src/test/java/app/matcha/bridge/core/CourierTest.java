package app.matcha.bridge.core;

import static app.matcha.bridge.core.ScriptedHttp.all;
import static app.matcha.bridge.core.ScriptedHttp.answers;
import static app.matcha.bridge.core.ScriptedHttp.fails;
import static app.matcha.bridge.core.ScriptedHttp.json;
import static app.matcha.bridge.core.ScriptedHttp.refuses;
import static app.matcha.bridge.core.ScriptedHttp.stored;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier.Result.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.Test;

/** What is sent, and what counts as stored. */
public final class CourierTest extends CourierCase {
    @Test
    public void an_empty_outbox_sends_nothing() {
        is(courier.run(), Kind.IDLE, null);
        assertEquals(Collections.emptyList(), http.sent);
        assertEquals(0, courier.lastStoredAtMillis());
    }

    @Test
    public void what_waits_is_sent_verbatim_and_signed_and_leaves_when_it_is_named() throws Exception {
        List<String> ids = added(0, 2);
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
        ScriptedHttp.Sent sent = http.last();
        assertEquals("/api/v1/bridge/notices", sent.path);
        assertEquals("{\"sent_at\":\"2026-11-20T04:00:00.000Z\",\"notices\":[" + Notices.numbered(0).json() + ","
                + Notices.numbered(1).json() + "]}", sent.body);
        assertEquals("dev_1", sent.headers.get("matcha-device"));
        assertTrue(sent.headers.get("webhook-id").matches("msg_[0-9a-f]{32}"));
        assertEquals(Signature.value(signer, sent.headers.get("webhook-id"), clock.nowMillis() / 1000,
                sent.body.getBytes(StandardCharsets.UTF_8)), sent.headers.get("webhook-signature"));
        assertEquals(0, outbox.counts().waiting);
        assertEquals(ids.get(1), outbox.recent(1).get(0).id);
        assertEquals(Outbox.Fate.STORED, outbox.recent(1).get(0).state);
        assertEquals(clock.nowMillis(), courier.lastStoredAtMillis());
    }

    @Test
    public void batches_have_a_hundred_notices_and_follow_each_other_in_order() {
        List<String> ids = added(0, 250);
        http.then(all(clock), all(clock), all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(ids.subList(0, 100), http.sent.get(0).ids());
        assertEquals(ids.subList(100, 200), http.sent.get(1).ids());
        assertEquals(ids.subList(200, 250), http.sent.get(2).ids());
    }

    @Test
    public void batches_stay_below_half_a_mebibyte() {
        String text = "茶".repeat(5000);
        for (int n = 0; n < 60; n++) {
            outbox.add(Notices.builder("1.00", n).bigText(text).build());
        }
        http.then(all(clock), all(clock));
        is(courier.run(), Kind.IDLE, null);
        for (ScriptedHttp.Sent sent : http.sent) {
            assertTrue(sent.body.getBytes(StandardCharsets.UTF_8).length < OutboxPolicy.BATCH_BYTES_MAX + 1000);
        }
    }

    @Test
    public void every_attempt_has_an_id_of_its_own() {
        added(0, 1);
        Set<String> ids = new HashSet<>();
        for (int n = 0; n < 20; n++) {
            http.then(fails(new IOException("gone")));
            waitFor(courier.run());
            ids.add(http.last().headers.get("webhook-id"));
        }
        assertEquals(20, ids.size());
    }

    @Test
    public void what_comes_in_while_a_batch_is_under_way_is_delivered_in_the_same_run() {
        List<String> first = added(0, 1);
        http.then(sent -> {
            added(1, 1);
            return stored(first, clock.nowMillis());
        }, all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(Collections.emptyList(), waiting());
    }

    @Test
    public void a_run_ends_after_a_minute_and_says_that_more_waits() {
        added(0, 300);
        ScriptedHttp.Step slow = sent -> {
            clock.pass(31_000);
            return stored(sent.ids(), clock.nowMillis());
        };
        http.then(slow, slow);
        is(courier.run(), Kind.PROGRESS, null);
        assertEquals(clock.nowMillis(), courier.last().nextAttemptAtMillis);
        http.then(slow);
        is(courier.run(), Kind.IDLE, null);
    }


    @Test
    public void only_named_notices_leave_and_the_rest_is_sent_again() {
        List<String> ids = added(0, 3);
        http.then(sent -> stored(Arrays.asList(ids.get(1)), clock.nowMillis()), all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(Arrays.asList(ids.get(0), ids.get(2)), http.last().ids());
    }

    @Test
    public void names_that_were_not_sent_change_nothing() {
        List<String> ids = added(0, 101);
        http.then(sent -> json("{\"stored\":[\"" + ids.get(100) + "\",\"other\",7,null,[\"" + ids.get(0) + "\"]]}"));
        is(courier.run(), Kind.WAIT, "nothing_stored");
        assertEquals(ids, waiting());
    }

    @Test
    public void of_the_names_in_an_answer_only_those_that_were_sent_count() {
        List<String> ids = added(0, 101);
        http.then(sent -> stored(Arrays.asList(ids.get(0), ids.get(100)), clock.nowMillis()), fails(new IOException("gone")));
        is(courier.run(), Kind.WAIT, "connection_lost");
        assertEquals(ids.subList(1, 101), waiting());
    }

    @Test
    public void an_answer_that_names_nothing_is_a_failure() {
        List<String> ids = added(0, 1);
        http.then(sent -> stored(Collections.emptyList(), clock.nowMillis()));
        Courier.Result result = courier.run();
        is(result, Kind.WAIT, "nothing_stored");
        assertTrue(result.nextAttemptAtMillis >= clock.nowMillis() + 1000);
        assertEquals(ids, waiting());
        assertEquals(0, courier.lastStoredAtMillis());
    }

    @Test
    public void an_answer_that_is_not_the_servers_is_waited_out_and_deletes_nothing() {
        List<String> ids = added(0, 1);
        String named = "{\"stored\":[\"" + ids.get(0) + "\"]}";
        Object[][] strangers = {
            {answers(200, "text/html", "<html>please log in</html>"), "not_matcha"},
            {answers(200, "application/json", ""), "not_matcha"},
            {answers(200, "application/json", "[]"), "not_matcha"},
            {answers(200, "application/json", "{}"), "not_matcha"},
            {answers(200, "application/json", "{\"stored\":\"" + ids.get(0) + "\"}"), "not_matcha"},
            {answers(200, "application/json", "{\"stored\":null}"), "not_matcha"},
            {answers(200, "application/json", named + "}"), "not_matcha"},
            {answers(200, "application/json", named.substring(0, named.length() - 1)), "not_matcha"},
            {answers(200, "application/json", "[".repeat(100_000)), "not_matcha"},
            {answers(201, "application/json", named), "http_201"},
            {answers(204, "application/json", ""), "http_204"},
            {answers(302, "text/html", named), "http_302"},
            {answers(307, "application/json", named), "http_307"},
            {answers(400, "text/html", named), "http_400"},
            {answers(404, "text/html", named), "http_404"},
            {answers(407, "text/html", named), "http_407"},
            {answers(511, "text/html", named), "http_511"},
            {refuses(404, "not_found"), "not_found"},
            {refuses(400, "body_incomplete"), "body_incomplete"},
            {refuses(409, "something_new"), "something_new"},
        };
        for (Object[] stranger : strangers) {
            http.then((ScriptedHttp.Step) stranger[0]);
            Courier.Result result = courier.run();
            is(result, Kind.WAIT, (String) stranger[1]);
            assertEquals(ids, waiting());
            waitFor(result);
        }
        assertEquals(0, outbox.counts().parked);
    }


    @Test
    public void a_process_that_is_killed_between_the_servers_commit_and_our_own_sends_again() {
        List<String> ids = added(0, 2);
        http.then(sent -> {
            throw new IllegalStateException("killed");
        });
        assertThrows(IllegalStateException.class, () -> courier.run());
        courier = courier(signer);
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(ids, http.last().ids());
    }

    @Test
    public void a_result_says_nothing_of_a_notice() {
        added(0, 1);
        http.then(refuses(503, "unavailable"));
        assertEquals("WAIT unavailable", courier.run().toString());
        assertNull(new Courier.Result(Kind.IDLE, 0, null, null).detail);
    }
}
