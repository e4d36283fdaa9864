package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public final class ServerAddressTest {
    private static String refused(String text, boolean plainAllowed) {
        return assertThrows(text, Refused.class, () -> ServerAddress.parse(text, plainAllowed)).code();
    }

    @Test
    public void https_may_lead_anywhere_and_keeps_its_path() throws Exception {
        String[][] addresses = {
            {"https://pay.blog.example", "https://pay.blog.example"},
            {"HTTPS://Pay.Blog.Example/", "https://pay.blog.example"},
            {" https://pay.blog.example:8443/shop/matcha// ", "https://pay.blog.example:8443/shop/matcha"},
            {"https://8.8.8.8", "https://8.8.8.8"},
            {"https://[2001:db8::1]:444/a", "https://[2001:db8::1]:444/a"},
            {"https://支付.example/a", "https://xn--bnq875c.example/a"},
            {"https://localhost", "https://localhost"},
        };
        for (String[] address : addresses) {
            ServerAddress parsed = ServerAddress.parse(address[0], false);
            assertEquals(address[1], parsed.base());
            assertEquals(address[1] + "/api/v1", parsed.url("/api/v1"));
            assertTrue(parsed.isSecure());
        }
        assertEquals("pay.blog.example", ServerAddress.parse("https://pay.blog.example:8443/x", false).host());
    }

    @Test
    public void plain_http_leads_to_private_addresses_only_and_only_when_switched_on() throws Exception {
        String[] near = {"127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.2", "169.254.7.7",
            "localhost", "LOCALHOST", "[::1]", "[fd12:3456::1]", "[fc00::1]", "[fe80::1]", "[::ffff:192.168.1.2]"};
        for (String host : near) {
            ServerAddress parsed = ServerAddress.parse("http://" + host + ":8080/m", true);
            assertFalse(parsed.isSecure());
            assertEquals("plain_http_off", refused("http://" + host + ":8080/m", false));
        }
        String[] far = {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "11.0.0.1", "126.0.0.1", "169.253.0.1", "0.0.0.0",
            "100.64.0.1", "[2001:db8::1]", "[::ffff:8.8.8.8]", "[fec0::1]", "[ff02::1]", "pay.blog.example", "localhost.example",
            "192.168.1.2.example", "127.0.0.1.nip.io", "010.0.0.1", "2130706433", "router", "nas.local"};
        for (String host : far) {
            for (boolean allowed : new boolean[] {true, false}) {
                assertEquals(host, "plain_http_public", refused("http://" + host + "/m", allowed));
            }
        }
    }

    @Test
    public void what_is_no_plain_address_is_refused() {
        String[] bad = {null, "", " ", "pay.blog.example", "https://", "https:///x", "ftp://a.example", "file:///etc/hosts",
            "https://user@a.example", "https://user:pw@a.example", "http://10.0.0.1@evil.example", "https://a.example?x=1",
            "https://a.example/#x", "https://a b.example", "https://a.example:0", "https://a.example:65536", "https://a.example:-1",
            "https://a_b.example", "https://a..example", "https://[::1", "https://[x]", "javascript:alert(1)", "https://a.example\\@b",
            "//a.example", "https:a.example", "http://10.0.1", "http://10.0.0.256"};
        for (String text : bad) {
            assertEquals(text, "bad_server", refused(text, true));
        }
    }
}
