package app.matcha.bridge.core;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.function.Function;

/**
 * Signs a message, sends it and reads what came of it. Learns the server's time on the way, and repeats at once, and only
 * once each, what failed for a wrong clock or a message id that was used before.
 */
final class SignedPost {
    private final Signer signer;
    private final Http http;
    private final Clock clock;
    private final Chance chance;
    private final ClockOffset offset;

    SignedPost(Signer signer, Http http, Clock clock, Chance chance, ClockOffset offset) {
        this.signer = signer;
        this.http = http;
        this.clock = clock;
        this.chance = chance;
        this.offset = offset;
    }

    /** @param bodyAt the body for a {@code sent_at}; asked again for every attempt */
    Answer post(String path, Function<String, byte[]> bodyAt) {
        boolean corrected = false;
        boolean renamed = false;
        while (true) {
            long sending = offset.sending();
            Answer answer = once(path, bodyAt);
            boolean learned = answer.body != null && (answer.kind == Answer.Kind.OK || answer.is("stale_timestamp"))
                    && offset.learn(answer.body.getString("server_time"), sending);
            if (answer.is("stale_timestamp") && learned && !corrected) {
                corrected = true;
            } else if (answer.is("message_id_reused") && !renamed) {
                renamed = true;
            } else {
                return answer;
            }
        }
    }

    private Answer once(String path, Function<String, byte[]> bodyAt) {
        byte[] body = bodyAt.apply(Times.rfc3339(clock.nowMillis()));
        byte[] id = new byte[16];
        chance.bytes(id);
        long seconds = Math.floorDiv(offset.serverNowMillis(), 1000L);
        try {
            Map<String, String> headers = Signature.headers(signer, "msg_" + Hashes.hex(id, id.length), seconds, body);
            return Answer.of(http.post(path, headers, body), offset.serverNowMillis());
        } catch (GeneralSecurityException noKey) {
            return Answer.none("key_unavailable", noKey.getMessage());
        } catch (IOException failure) {
            return Answer.none(Trouble.code(failure), failure.getMessage());
        }
    }
}
