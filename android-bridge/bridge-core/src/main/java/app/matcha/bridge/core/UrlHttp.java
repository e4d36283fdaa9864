package app.matcha.bridge.core;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;

/**
 * Posts over the platform's own HTTP client. A connection for each message, no redirects, no cache, bounded in size and
 * time. With a pin it trusts exactly that key; without one it trusts whom the system trusts, under the right name.
 *
 * <p>The body is handed over whole rather than streamed: desktop Java throws the body of a 401 away where the request was
 * streamed, and Matcha says there what is wrong with a clock. A fresh connection for each message keeps Android from
 * sending one again by itself, which is what streaming would be for.
 */
public final class UrlHttp implements Http {
    /** Milliseconds until a connection stands, and between two pieces of an answer. */
    private static final int CONNECT_MAX = 10_000;
    private static final int READ_MAX = 15_000;
    /** Milliseconds for a whole answer, however slowly its pieces come. */
    private static final int ANSWER_MAX = 60_000;
    /** Bytes of an answer. One to a full batch has about 4 KiB. */
    static final int ANSWER_BYTES_MAX = 1024 * 1024;

    private final ServerAddress server;
    private final PinnedTls pinned;
    private final Clock clock;
    private final int connectMillis;
    private final int readMillis;

    /** @param pin the key that the server must have; null to trust as the system does */
    public UrlHttp(ServerAddress server, Pin pin, Clock clock) {
        this(server, pin, clock, CONNECT_MAX, READ_MAX);
    }

    /** With other patience, in milliseconds, for tests. */
    public UrlHttp(ServerAddress server, Pin pin, Clock clock, int connectMillis, int readMillis) {
        this.server = server;
        this.pinned = pin == null ? null : new PinnedTls(pin);
        this.clock = clock;
        this.connectMillis = connectMillis;
        this.readMillis = readMillis;
    }

    @Override
    public Reply post(String path, Map<String, String> headers, byte[] body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(server.url(path)).openConnection();
        try {
            prepare(connection, headers);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            int status = connection.getResponseCode();
            if (status < 0) {
                throw new IOException("the answer is no HTTP");
            }
            return new Reply(status, headersOf(connection), bodyOf(connection, status));
        } finally {
            connection.disconnect();
        }
    }

    private void prepare(HttpURLConnection connection, Map<String, String> headers) throws IOException {
        if (connection instanceof HttpsURLConnection && pinned != null) {
            pinned.applyTo((HttpsURLConnection) connection);
        }
        connection.setConnectTimeout(connectMillis);
        connection.setReadTimeout(readMillis);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        // Behind a VPN that went away, a kept connection is a dead one that nobody told.
        connection.setRequestProperty("Connection", "close");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty("Accept", "application/json, application/problem+json");
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setRequestProperty("Accept-Language", Locale.getDefault().toLanguageTag());
        for (Map.Entry<String, String> header : headers.entrySet()) {
            connection.setRequestProperty(header.getKey(), header.getValue());
        }
    }

    private static Map<String, String> headersOf(HttpURLConnection connection) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> header : connection.getHeaderFields().entrySet()) {
            if (header.getKey() != null) {
                headers.put(header.getKey(), header.getValue().get(0));
            }
        }
        return headers;
    }

    private byte[] bodyOf(HttpURLConnection connection, int status) throws IOException {
        try (InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            byte[] piece = new byte[8192];
            long end = clock.elapsedMillis() + ANSWER_MAX;
            int length = in == null ? -1 : in.read(piece);
            while (length >= 0) {
                body.write(piece, 0, length);
                if (body.size() > ANSWER_BYTES_MAX) {
                    throw new Trouble.AnswerTooLarge(ANSWER_BYTES_MAX);
                }
                if (clock.elapsedMillis() > end) {
                    throw new SocketTimeoutException("the answer took too long");
                }
                length = in.read(piece);
            }
            // Desktop Java takes a broken connection for the end.
            long announced = connection.getContentLengthLong();
            if (in != null && announced >= 0 && announced != body.size()) {
                throw new EOFException("the answer was cut after " + body.size() + " of " + announced + " bytes");
            }
            return body.toByteArray();
        }
    }
}
