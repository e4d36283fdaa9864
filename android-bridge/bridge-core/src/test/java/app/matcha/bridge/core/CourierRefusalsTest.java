package app.matcha.bridge.core;

import static app.matcha.bridge.core.ScriptedHttp.all;
import static app.matcha.bridge.core.ScriptedHttp.answers;
import static app.matcha.bridge.core.ScriptedHttp.json;
import static app.matcha.bridge.core.ScriptedHttp.problem;
import static app.matcha.bridge.core.ScriptedHttp.refuses;
import static app.matcha.bridge.core.ScriptedHttp.stored;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier.Result.Kind;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.Test;

/** What becomes of phones and notices that the server does not take, and of wrong clocks. */
public final class CourierRefusalsTest extends CourierCase {
    // ---- a wrong clock ----------------------------------------------------------------------------------------------

    @Test
    public void a_stale_timestamp_is_corrected_and_sent_again_at_once_by_a_clock_ten_minutes_or_a_day_off() {
        for (long ahead : new long[] {10 * MINUTE, -10 * MINUTE, 24 * 60 * MINUTE, -24 * 60 * MINUTE}) {
            state.putLong("clock.offset_ms", 0);
            added((int) (ahead / MINUTE) + 10_000, 1);
            String time = ",\"server_time\":\"" + Times.rfc3339(clock.nowMillis() + ahead) + "\"";
            http.then(sent -> problem(401, "stale_timestamp", time), all(clock));
            is(courier.run(), Kind.IDLE, null);
            int last = http.sent.size() - 1;
            assertEquals(clock.nowMillis(), http.sent.get(last - 1).timestampMillis());
            assertEquals(clock.nowMillis() + ahead, http.sent.get(last).timestampMillis());
            assertEquals("what is reported is the phone's own time", "2026-11-20T04:00:00.000Z",
                    http.sent.get(last).json().getString("sent_at"));
            assertNotEquals(http.sent.get(last - 1).headers.get("webhook-id"), http.sent.get(last).headers.get("webhook-id"));
        }
    }

    @Test
    public void a_corrected_clock_is_kept_for_the_next_message_and_the_next_start() {
        added(0, 1);
        http.then(sent -> stored(sent.ids(), clock.nowMillis() + 10 * MINUTE));
        courier.run();
        added(1, 1);
        courier = courier(signer);
        http.then(all(clock));
        courier.run();
        assertEquals(clock.nowMillis() + 10 * MINUTE, http.last().timestampMillis());
    }

    @Test
    public void a_timestamp_that_is_stale_again_is_waited_out() {
        added(0, 1);
        ScriptedHttp.Step stale = sent -> problem(401, "stale_timestamp",
                ",\"server_time\":\"" + Times.rfc3339(clock.nowMillis() + MINUTE) + "\"");
        http.then(stale, stale);
        is(courier.run(), Kind.WAIT, "stale_timestamp");
        assertEquals(1, waiting().size());
    }

    @Test
    public void a_stale_timestamp_without_the_servers_time_is_waited_out() {
        added(0, 1);
        http.then(refuses(401, "stale_timestamp"));
        is(courier.run(), Kind.WAIT, "stale_timestamp");
    }

    @Test
    public void a_problem_other_than_a_stale_timestamp_does_not_teach_the_time() {
        added(0, 1);
        http.then(sent -> problem(500, "internal", ",\"server_time\":\"2030-01-01T00:00:00Z\""));
        courier.run();
        assertEquals(0, new ClockOffset(clock, state).millis());
    }

    // ---- a phone that is not taken ----------------------------------------------------------------------------------

    @Test
    public void a_refused_phone_stops_with_the_code_and_goes_on_catching() {
        for (String code : new String[] {"bad_signature", "unknown_device", "revoked_device", "anything_new"}) {
            for (int status : new int[] {401, 403}) {
                List<String> ids = added(0, 1);
                http.then(refuses(status, code));
                is(courier.run(), Kind.STOPPED, code);
                assertEquals("so it is", courier.last().detail);
                clock.pass(24 * 60 * MINUTE);
                courier.networkReturned();
                is(courier.run(), Kind.STOPPED, code);
                assertEquals(ids, waiting());
                courier.tryAgain();
                http.then(refuses(500, "internal"));
                is(courier.run(), Kind.WAIT, "internal");
                courier.tryAgain();
            }
        }
    }

    @Test
    public void a_stopped_courier_is_stopped_after_a_restart_too() {
        added(0, 1);
        http.then(refuses(401, "revoked_device"));
        courier.run();
        courier = courier(signer);
        is(courier.run(), Kind.STOPPED, "revoked_device");
        assertEquals("so it is", courier.last().detail);
    }

    @Test
    public void a_phone_that_was_paired_anew_is_not_stopped_and_delivers_what_was_caught_meanwhile() {
        added(0, 1);
        http.then(refuses(401, "revoked_device"));
        courier.run();
        added(1, 1);
        courier = courier(new HmacSigner("dev_2", KEY));
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals("dev_2", http.last().headers.get("matcha-device"));
        assertEquals(2, http.last().ids().size());
    }

    @Test
    public void the_owner_can_say_try_again() {
        added(0, 1);
        http.then(refuses(401, "unknown_device"));
        courier.run();
        courier.tryAgain();
        http.then(all(clock));
        is(courier.run(), Kind.IDLE, null);
    }

    @Test
    public void a_proxy_or_portal_cannot_stop_a_phone() {
        added(0, 1);
        String[] bodies = {"<html>forbidden</html>", "{\"code\":\"forbidden\"}", "{\"code\":403}", "{\"code\":\"<b>\"}", ""};
        for (int status : new int[] {401, 403}) {
            for (String body : bodies) {
                http.then(answers(status, "application/json", body));
                Courier.Result result = courier.run();
                is(result, Kind.WAIT, "http_" + status);
                waitFor(result);
            }
        }
    }

    @Test
    public void a_phone_that_is_not_paired_sends_nothing() {
        added(0, 1);
        courier = courier(new HmacSigner(null, KEY));
        is(courier.run(), Kind.STOPPED, "not_paired");
    }

    @Test
    public void a_keystore_that_fails_is_waited_out() {
        added(0, 1);
        courier = courier(new Signer() {
            @Override
            public String deviceId() {
                return "dev_1";
            }

            @Override
            public byte[] hmacSha256(byte[] message) throws GeneralSecurityException {
                throw new GeneralSecurityException("the keystore is locked");
            }
        });
        is(courier.run(), Kind.WAIT, "key_unavailable");
        assertEquals(1, waiting().size());
    }

    // ---- a message that is not taken --------------------------------------------------------------------------------

    @Test
    public void a_reused_message_id_is_replaced_at_once_and_waited_out_if_it_happens_again() {
        added(0, 1);
        http.then(refuses(409, "message_id_reused"), all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertNotEquals(http.sent.get(0).headers.get("webhook-id"), http.sent.get(1).headers.get("webhook-id"));
        added(1, 1);
        http.then(refuses(409, "message_id_reused"), refuses(409, "message_id_reused"));
        is(courier.run(), Kind.WAIT, "message_id_reused");
    }

    /** Refuses a batch that has one of these in it, takes others; counts how often it was asked. */
    private ScriptedHttp.Step[] refusing(Set<String> bad, int status, String code, int times) {
        ScriptedHttp.Step step = sent -> Collections.disjoint(sent.ids(), bad) ? stored(sent.ids(), clock.nowMillis())
                : problem(status, code, "");
        return Collections.nCopies(times, step).toArray(new ScriptedHttp.Step[0]);
    }

    @Test
    public void a_refused_batch_is_halved_down_to_the_notice_at_fault_which_is_parked_and_the_others_go_on() {
        Object[][] refusals = {{422, "invalid"}, {413, "body_too_large"}, {400, "bad_json"}};
        for (Object[] refusal : refusals) {
            for (int bad : new int[] {0, 1, 42, 98, 99, 100, 149}) {
                MemoryOutbox box = new MemoryOutbox();
                for (int n = 0; n < 150; n++) {
                    box.add(Notices.numbered(n));
                }
                String badId = Notices.numbered(bad).id();
                ScriptedHttp server = new ScriptedHttp();
                server.then(refusing(Set.of(badId), (Integer) refusal[0], (String) refusal[1], 40));
                Courier.Result result = new Courier(box, signer, server, clock, new TestChance(1), new MemoryState()).run();
                assertEquals("notice " + bad, Kind.IDLE, result.kind);
                assertEquals(0, box.counts().waiting);
                assertEquals(1, box.counts().parked);
                Outbox.Row row = box.recent(150).get(149 - bad);
                assertEquals(Outbox.Fate.PARKED, row.state);
                assertEquals(refusal[1], row.code);
                assertTrue(server.sent.size() + " requests for notice " + bad, server.sent.size() <= 18);
            }
        }
    }

    @Test
    public void of_several_refused_notices_each_is_parked_and_no_other() {
        List<String> ids = added(0, 100);
        Set<String> bad = Set.of(ids.get(3), ids.get(4), ids.get(77), ids.get(99));
        http.then(refusing(bad, 422, "invalid", 60));
        assertEquals(Kind.IDLE, courier.run().kind);
        for (Outbox.Row row : outbox.recent(100)) {
            assertEquals(bad.contains(row.id) ? Outbox.Fate.PARKED : Outbox.Fate.STORED, row.state);
        }
    }

    @Test
    public void no_notice_is_condemned_where_a_message_without_any_is_refused_too() {
        List<String> ids = added(0, 2);
        http.then(refuses(422, "invalid"), refuses(422, "invalid"), refuses(422, "invalid"));
        is(courier.run(), Kind.WAIT, "invalid");
        assertEquals(Collections.emptyList(), http.last().ids());
        assertEquals(ids, waiting());
        assertEquals(0, outbox.counts().parked);
    }

    @Test
    public void a_notice_that_was_refused_by_a_server_in_a_bad_moment_is_sent_again_before_it_is_condemned() {
        List<String> ids = added(0, 1);
        http.then(refuses(422, "invalid"), all(clock), all(clock));
        is(courier.run(), Kind.IDLE, null);
        assertEquals(Collections.emptyList(), http.sent.get(1).ids());
        assertEquals(ids, http.sent.get(2).ids());
        assertEquals(0, outbox.counts().parked);
    }

    @Test
    public void an_answer_that_names_something_where_nothing_was_sent_condemns_nothing() {
        List<String> ids = added(0, 1);
        http.then(refuses(422, "invalid"), answers(200, "application/json", "{\"stored\":[7]}"));
        is(courier.run(), Kind.WAIT, "nothing_stored");
        assertEquals(ids, waiting());
    }

    @Test
    public void a_proxy_that_takes_no_large_bodies_condemns_no_notice() {
        List<String> ids = added(0, 4);
        ScriptedHttp.Step tooLarge = answers(413, "text/html", "<html>nginx</html>");
        http.then(tooLarge, tooLarge, tooLarge);
        is(courier.run(), Kind.WAIT, "http_413");
        assertEquals(Arrays.asList(ids.get(0)), http.last().ids());
        assertEquals(ids, waiting());
    }

    @Test
    public void a_phone_that_is_refused_while_a_notice_is_looked_for_is_stopped() {
        List<String> ids = added(0, 1);
        http.then(refuses(422, "invalid"), refuses(401, "revoked_device"));
        is(courier.run(), Kind.STOPPED, "revoked_device");
        assertEquals(ids, waiting());
    }
}
