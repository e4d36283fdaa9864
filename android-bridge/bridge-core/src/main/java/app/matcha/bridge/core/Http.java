package app.matcha.bridge.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A way to one server. Knows where it is and how it is recognised; refuses to know what is said. */
public interface Http {
    /**
     * Sends a body and reads the whole answer, whatever its status.
     *
     * @param path from the server's base, beginning with a slash
     * @throws IOException where no whole answer came; whether the server acted on the request is not known then
     */
    Reply post(String path, Map<String, String> headers, byte[] body) throws IOException;

    /** A whole answer. Immutable. */
    final class Reply {
        private final int status;
        private final Map<String, String> headers;
        private final byte[] body;

        public Reply(int status, Map<String, String> headers, byte[] body) {
            TreeMap<String, String> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (Map.Entry<String, String> header : headers.entrySet()) {
                if (header.getKey() != null && header.getValue() != null) {
                    byName.put(header.getKey(), header.getValue());
                }
            }
            this.status = status;
            this.headers = Collections.unmodifiableMap(byName);
            this.body = body.clone();
        }

        public int status() {
            return status;
        }

        /** A header by its name in any case, or null. */
        public String header(String name) {
            return headers.get(name);
        }

        /** The body as UTF-8; what is no UTF-8 becomes replacement characters. */
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** True where the answer says that it is a problem (RFC 9457). */
        public boolean isProblem() {
            String type = header("content-type");
            return type != null
                    && type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT).equals("application/problem+json");
        }
    }
}
