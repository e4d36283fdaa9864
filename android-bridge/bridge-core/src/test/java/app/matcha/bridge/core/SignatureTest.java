package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.Test;

public final class SignatureTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);

    @Test
    public void the_published_vector_of_standard_webhooks_is_met() throws Exception {
        Map<String, String> headers = Signature.headers(new HmacSigner("dev_1", HmacSigner.key(SECRET)),
                "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, BODY);
        assertEquals("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", headers.get("webhook-signature"));
        assertEquals("msg_p5jXN8AQM9LWM0D4loKWxJek", headers.get("webhook-id"));
        assertEquals("1614265330", headers.get("webhook-timestamp"));
        assertEquals("dev_1", headers.get("matcha-device"));
        assertEquals("application/json", headers.get("content-type"));
    }

    @Test
    public void what_is_no_secret_is_refused_without_repeating_it() {
        for (String bad : new String[] {null, "", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_MfKQ", "whsec_%%%%%%%%"}) {
            Exception refused = assertThrows(IllegalArgumentException.class, () -> HmacSigner.key(bad));
            assertFalse(refused.toString(), bad != null && bad.length() > 6 && refused.toString().contains(bad.substring(6)));
        }
    }

    @Test
    public void a_signer_does_not_print_its_key() {
        assertEquals("HmacSigner dev_1", new HmacSigner("dev_1", HmacSigner.key(SECRET)).toString());
    }

    @Test
    public void an_empty_key_signs_nothing() {
        assertThrows(IllegalArgumentException.class, () -> new HmacSigner("dev_1", new byte[0]));
    }
}
