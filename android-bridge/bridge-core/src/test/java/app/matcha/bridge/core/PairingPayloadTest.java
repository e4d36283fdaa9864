package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;

import org.junit.Test;

public final class PairingPayloadTest {
    private static final String PIN = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    private static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.blog.example%2Fm&code=23456-BCDFG";
    private static final String PINNED = LINK + "&pin=sha256%2F47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D";

    private static String refused(String text) {
        return assertThrows(text, Refused.class, () -> PairingPayload.parse(text)).code();
    }

    @Test
    public void the_link_that_the_console_makes_is_read() throws Exception {
        PairingPayload payload = PairingPayload.parse(PINNED);
        assertEquals("https://pay.blog.example/m", payload.server());
        assertEquals("https://pay.blog.example/m", payload.address(false).base());
        assertEquals("23456-BCDFG", payload.code());
        assertEquals(PIN, payload.pin().toString());
        assertNull(PairingPayload.parse(LINK).pin());
    }

    @Test
    public void it_is_found_in_what_people_paste() throws Exception {
        String[] pasted = {
            " \n" + LINK + "\n", "打开这个链接配对：" + LINK + "。谢谢", "打开「" + LINK + "」即可", "(" + LINK + ")", "<" + LINK + ">",
            "\"" + LINK + "\"", LINK + ".", LINK + ", please", "MATCHA://PAIR?" + LINK.substring(LINK.indexOf('?') + 1),
            LINK.replace("&", "&amp;"), LINK.replace("pair?", "pair/?"), LINK + "\n" + LINK, LINK + "&later=1",
            "matcha://pair?code=23456-BCDFG&server=https%3A%2F%2Fpay.blog.example%2Fm",
            "matcha://pair?server=https://pay.blog.example/m&code=23456bcdfg", LINK.replace("-", ""), LINK.replace("23456-", "2345-6"),
            "expires in ten minutes: " + LINK + "!",
        };
        for (String text : pasted) {
            PairingPayload payload = PairingPayload.parse(text);
            assertEquals(text, "https://pay.blog.example/m", payload.server());
            assertEquals(text, "23456-BCDFG", payload.code());
            assertNull(text, payload.pin());
        }
    }

    @Test
    public void a_pin_may_come_with_plain_base64() throws Exception {
        assertEquals(PIN, PairingPayload.parse(LINK + "&pin=" + PIN).pin().toString());
        assertEquals(PIN, PairingPayload.parse(LINK + "&pin=" + PIN + " ").pin().toString());
    }

    @Test
    public void what_cannot_be_used_is_told_by_its_code() {
        String[][] bad = {
            {null, "no_link"}, {"", "no_link"}, {"https://pay.blog.example", "no_link"}, {"matcha://pay?server=x", "no_link"},
            {"matcha://pair", "no_link"}, {"matcha://pair?", "no_server"}, {"matcha://pair?code=23456-BCDFG", "no_server"},
            {"matcha://pair?server=&code=23456-BCDFG", "no_server"}, {"matcha://pair?server=https%3A%2F%2Fa", "no_code"},
            {"matcha://pair?server=x&code=", "no_code"}, {"matcha://pair?server=x&code=23456-BCDF", "bad_code"},
            {"matcha://pair?server=x&code=23456-BCDFGH", "bad_code"}, {"matcha://pair?server=x&code=A3456-BCDFG", "bad_code"},
            {"matcha://pair?server=x&code=10456-BCDFG", "bad_code"}, {"matcha://pair?server=%zz&code=23456-BCDFG", "no_link"},
            {LINK + "&pin=", "bad_pin"}, {LINK + "&pin=sha1%2Fabcd", "bad_pin"}, {LINK + "&pin=sha256%2Fabcd", "bad_pin"},
            {LINK + "&pin=sha256%2F%25", "bad_pin"}, {LINK + "&code=99999-ZZZZZ", "ambiguous"},
            {LINK + " " + LINK.replace("23456", "99999"), "ambiguous"}, {LINK + " " + PINNED, "ambiguous"},
            {"x".repeat(20_001) + LINK, "no_link"},
        };
        for (String[] one : bad) {
            assertEquals(one[0], one[1], refused(one[0]));
        }
    }

    @Test
    public void the_server_is_checked_like_any_other() throws Exception {
        PairingPayload plain = PairingPayload.parse("matcha://pair?server=http%3A%2F%2F192.168.1.2%3A8080&code=23456-BCDFG");
        assertEquals("http://192.168.1.2:8080", plain.address(true).base());
        assertEquals("plain_http_off", assertThrows(Refused.class, () -> plain.address(false)).code());
    }

    @Test
    public void a_typed_code_is_put_into_form() throws Exception {
        for (String typed : new String[] {"23456-BCDFG", "23456bcdfg", " 23456 bcdfg ", "2-3-4-5-6-b-c-d-f-g"}) {
            assertEquals("23456-BCDFG", PairingPayload.normalCode(typed));
        }
        for (String typed : new String[] {"", "23456", "23456-BCDFGH", "23456-BCDFO", "２３４５６-BCDFG"}) {
            assertEquals("bad_code", assertThrows(Refused.class, () -> PairingPayload.normalCode(typed)).code());
        }
    }

    @Test
    public void a_payload_does_not_print_its_code() throws Exception {
        assertFalse(PairingPayload.parse(PINNED).toString().contains("23456"));
        String all = refused("matcha://pair?server=x&code=23456-BCDF") + assertThrows(Refused.class,
                () -> PairingPayload.parse("matcha://pair?server=x&code=23456-BCDF")).getMessage();
        assertFalse(all.contains("23456"));
    }
}
