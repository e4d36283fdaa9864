package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import org.junit.Test;

public final class DiagnosticsTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static Outbox.Row row(String text, Outbox.Fate fate, String code) {
        return new Outbox.Row("0123", "com.tencent.mm", "微信支付", text, TestClock.START, fate, TestClock.START + 1000, code);
    }

    @Test
    public void it_tells_the_state_of_everything_in_one_text() throws Exception {
        String text = new Diagnostics().fact("app", "0.1.0").fact("rom", null)
                .server(ServerAddress.parse("https://pay.blog.example/secret-path", false), true)
                .courier(new Courier.Result(Courier.Result.Kind.WAIT, TestClock.START + 5000, "timeout", "x"), TestClock.START)
                .outbox(new Outbox.Counts(3, TestClock.START, 1, 2, 4))
                .notices(Arrays.asList(row("微信支付收款0.98元", Outbox.Fate.PARKED, "invalid"), row(null, Outbox.Fate.WAITING, null)))
                .text();
        assertEquals("Matcha bridge\napp: 0.1.0\nrom: -\nserver: https pay.blog.example\npinned: true\ncourier: WAIT timeout\n"
                + "next_attempt_at: 2026-11-20T04:00:05.000Z\nlast_stored_at: 2026-11-20T04:00:00.000Z\nwaiting: 3\n"
                + "oldest_waiting_at: 2026-11-20T04:00:00.000Z\nparked: 1\ndropped: 2\nhidden: 4\nnotices:\n"
                + "  2026-11-20T04:00:00.000Z com.tencent.mm title:4 text:11 PARKED 2026-11-20T04:00:01.000Z invalid\n"
                + "  2026-11-20T04:00:00.000Z com.tencent.mm title:4 text:0 WAITING 2026-11-20T04:00:01.000Z\n", text);
    }

    @Test
    public void no_word_of_a_notice_and_no_sentence_of_a_server_gets_in() {
        String said = "微信支付收款0.98元(张三)";
        Courier.Result result = new Courier.Result(Courier.Result.Kind.WAIT, 1, "invalid", "body is not acceptable: \"" + said + "\"");
        String text = new Diagnostics().courier(result, 0).notices(Arrays.asList(row(said, Outbox.Fate.PARKED, said),
                new Outbox.Row("0", said, said, said, 1, Outbox.Fate.WAITING, 1, null))).text();
        for (String word : new String[] {"收款", "0.98", "张三", "微信"}) {
            assertFalse(word + " in " + text, text.contains(word));
        }
    }

    @Test
    public void no_secret_and_no_pairing_code_gets_in_even_by_mistake() throws Exception {
        PairingPayload payload = PairingPayload.parse("matcha://pair?server=https%3A%2F%2Fa.example&code=23456-BCDFG");
        String text = new Diagnostics().fact("a", "secret is " + SECRET + " here").fact(SECRET, 1)
                .fact("b", "matcha://pair?server=x&code=23456-BCDFG").fact("c", payload).fact("d", "enter 23456-BCDFG now")
                .fact("e", new HmacSigner("dev_1", HmacSigner.key(SECRET))).fact("f", "code=23456bcdfg&x").text();
        assertFalse(text, text.contains("MfKQ") || text.contains("23456") || text.contains("BCDFG") || text.contains("bcdfg"));
        assertTrue(text, text.contains("dev_1") && text.contains("a.example"));
    }

    @Test
    public void a_fact_is_one_short_line_and_fifty_notices_are_enough() {
        String text = new Diagnostics().fact("a\nb", "c\nd: e\n" + "x".repeat(500))
                .notices(Collections.nCopies(80, row("x", Outbox.Fate.STORED, null))).text();
        assertTrue(text.contains("a b: c d: e xxx"));
        assertEquals(53, text.split("\n").length);
        assertTrue(text.length() < 6000);
    }

    @Test
    public void a_phone_that_is_not_paired_has_diagnostics_too() {
        assertEquals("Matcha bridge\nserver: -\npinned: false\n", new Diagnostics().server(null, false).text());
    }
}
