package app.matcha.bridge.ui;

import android.content.res.Resources;
import app.matcha.bridge.R;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * What a code of the bridge or of the server means, and what to do, in the owner's language. The sentences the server
 * sends along are not shown: they may repeat what was sent. A code that is not known here is shown as it is.
 */
final class Codes {
    private static final Map<String, Integer> WORDS = words();

    private Codes() {}

    /** A sentence or two for a code. */
    static String explain(Resources resources, String code) {
        return resources.getString(of(code));
    }

    /** True where the list below names this code. */
    static boolean knows(String code) {
        return of(code) != R.string.code_other;
    }

    private static int of(String code) {
        if (code == null) {
            return R.string.code_other;
        }
        Integer words = WORDS.get(code);
        if (words != null) {
            return words;
        }
        // An answer that is not Matcha's own, with its status.
        if (code.matches("http_5[0-9]{2}")) {
            return R.string.code_server_error;
        }
        if (code.matches("http_[1-4][0-9]{2}")) {
            return R.string.code_not_matcha;
        }
        return R.string.code_other;
    }

    private static Map<String, Integer> words() {
        Map<String, Integer> words = new HashMap<>();
        words.put("unreachable", R.string.code_unreachable);
        words.put("host_unknown", R.string.code_host_unknown);
        words.put("timeout", R.string.code_timeout);
        words.put("connection_lost", R.string.code_connection_lost);
        words.put("tls_failed", R.string.code_tls_failed);
        words.put("certificate_refused", R.string.code_certificate_refused);
        words.put("certificate_time", R.string.code_certificate_time);
        words.put("pin_mismatch", R.string.code_pin_mismatch);
        words.put("answer_too_large", R.string.code_answer_too_large);
        words.put("not_matcha", R.string.code_not_matcha);
        words.put("nothing_stored", R.string.code_nothing_stored);
        words.put("http_404", R.string.code_wrong_path);
        words.put("http_413", R.string.code_body_too_large);
        words.put("http_429", R.string.code_server_busy);
        words.put("http_502", R.string.code_proxy);
        words.put("http_503", R.string.code_proxy);
        words.put("http_504", R.string.code_proxy);

        words.put("busy", R.string.code_server_busy);
        words.put("too_many_tries", R.string.code_server_busy);
        words.put("internal", R.string.code_server_error);
        words.put("storage_unavailable", R.string.code_server_error);
        words.put("not_found", R.string.code_wrong_path);
        words.put("not_paired", R.string.code_not_paired);
        words.put("revoked_device", R.string.code_revoked_device);
        words.put("unknown_device", R.string.code_unknown_device);
        words.put("bad_signature", R.string.code_bad_signature);
        words.put("key_unavailable", R.string.code_key_unavailable);
        words.put("phone_storage", R.string.code_phone_storage);
        words.put("stale_timestamp", R.string.code_stale_timestamp);
        words.put("message_id_reused", R.string.code_message_id_reused);
        words.put("body_too_large", R.string.code_body_too_large);
        words.put("too_many_notices", R.string.code_body_too_large);
        words.put("invalid", R.string.code_invalid);

        words.put("bad_pairing_code", R.string.code_bad_pairing_code);
        words.put("no_link", R.string.code_no_link);
        words.put("no_server", R.string.code_link_incomplete);
        words.put("no_code", R.string.code_link_incomplete);
        words.put("bad_code", R.string.code_link_incomplete);
        words.put("bad_pin", R.string.code_bad_pin);
        words.put("ambiguous", R.string.code_ambiguous);
        words.put("bad_server", R.string.code_bad_server);
        words.put("plain_http_off", R.string.code_plain_http_off);
        words.put("plain_http_public", R.string.code_plain_http_public);
        return Collections.unmodifiableMap(words);
    }
}
