package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.res.Resources;
import app.matcha.bridge.R;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class CodesTest {
    /** What bridge-core can say of the way, of a link and of a server, and what the server says of a phone. */
    private static final String[] CODES = {
        "unreachable", "host_unknown", "timeout", "connection_lost", "tls_failed", "certificate_refused",
        "certificate_time", "pin_mismatch", "answer_too_large", "not_matcha", "nothing_stored", "not_paired",
        "key_unavailable", "phone_storage", "no_link", "no_server", "no_code", "bad_code", "bad_pin", "ambiguous", "bad_server",
        "plain_http_off", "plain_http_public", "bad_pairing_code", "bad_signature", "unknown_device", "revoked_device",
        "stale_timestamp", "message_id_reused", "body_too_large", "too_many_notices", "invalid", "storage_unavailable",
        "internal", "busy", "http_301", "http_404", "http_429", "http_500", "http_502", "http_599",
    };

    @Test
    public void every_code_has_words_of_its_own() {
        for (String code : CODES) {
            assertTrue(code, Codes.knows(code));
        }
    }

    @Test
    public void a_code_of_a_later_server_still_gets_a_sentence() {
        Resources words = RuntimeEnvironment.getApplication().getResources();
        for (String code : new String[] {"something_new", "", "http_", "http_99999", null}) {
            assertFalse(String.valueOf(code), Codes.knows(code));
            assertEquals(words.getString(R.string.code_other), Codes.explain(words, code));
        }
    }
}
