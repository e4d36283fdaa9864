package app.matcha.bridge.core;

import com.grack.nanojson.JsonObject;

/**
 * What the server's answer to a message means for its sender. Immutable.
 *
 * <p>Only Matcha itself can stop a phone or condemn a notice: an answer of a proxy, a captive portal or a firewall has no
 * problem code of ours, and is waited out whatever its status.
 */
final class Answer {
    enum Kind {
        /** 200 with a JSON object. */
        OK,
        /** This message is not taken as it is: too large, or a part of it is not acceptable. */
        REFUSED,
        /** This phone is not taken. A person must act. */
        STOP,
        /** Not now, or not understood. */
        WAIT
    }

    final Kind kind;
    /** Why it is not OK; null where it is. */
    final String code;
    /** A sentence for people, in the phone's language where the server knows it; may be null. */
    final String detail;
    /** The JSON object that came, or null. */
    final JsonObject body;
    /** How long the server asks to be left alone, in milliseconds; 0 where it does not. */
    final long retryAfterMillis;
    /** Matcha itself said it. */
    final boolean byMatcha;

    private Answer(Kind kind, String code, String detail, JsonObject body, long retryAfterMillis, boolean byMatcha) {
        this.kind = kind;
        this.code = code;
        this.detail = detail;
        this.body = body;
        this.retryAfterMillis = retryAfterMillis;
        this.byMatcha = byMatcha;
    }

    /** No whole answer came. */
    static Answer none(String code, String detail) {
        return new Answer(Kind.WAIT, code, detail, null, 0, false);
    }

    static Answer of(Http.Reply reply, long serverNowMillis) {
        JsonObject body = Json.object(reply.text());
        if (reply.status() == 200) {
            return body == null ? none("not_matcha", null) : new Answer(Kind.OK, null, null, body, 0, true);
        }
        String own = problemCode(reply, body);
        String code = own != null ? own : "http_" + reply.status();
        String detail = own != null ? body.getString("detail") : null;
        long retryAfter = Backoff.retryAfterMillis(reply.header("retry-after"), serverNowMillis);
        return new Answer(kind(reply.status(), own), code, detail, body, retryAfter, own != null);
    }

    private static Kind kind(int status, String own) {
        switch (status) {
            case 401:
            case 403:
                return own == null || own.equals("stale_timestamp") ? Kind.WAIT : Kind.STOP;
            case 413:
            case 422:
                return Kind.REFUSED;
            case 400:
                // Its signature was good, so it arrived as it was sent: one of the stored objects is broken.
                return "bad_json".equals(own) ? Kind.REFUSED : Kind.WAIT;
            default:
                return Kind.WAIT;
        }
    }

    /** The stable code of one of Matcha's problems (RFC 9457), or null where the answer is somebody else's. */
    private static String problemCode(Http.Reply reply, JsonObject body) {
        String code = body == null ? null : body.getString("code");
        if (code == null || !code.matches("[a-z0-9_]{1,60}")) {
            return null;
        }
        return reply.isProblem() || ("urn:matcha:problem:" + code).equals(body.getString("type")) ? code : null;
    }

    boolean is(String someCode) {
        return someCode.equals(code);
    }
}
