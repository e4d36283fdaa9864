package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.junit.After;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Against real servers on this machine, over real TLS. */
public final class UrlHttpTest {
    private static final byte[] BODY = "{\"a\":\"茶\"}".getBytes(StandardCharsets.UTF_8);
    /** Long, so that a busy machine fails no test; milliseconds. */
    private static final int PATIENCE = 30_000;

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    /** For this machine; for this machine, a day too old; for somebody else. */
    private static TestKey ours;
    private static TestKey expired;
    private static TestKey foreign;

    private final TestClock clock = new TestClock();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<HttpServer> servers = new ArrayList<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private SSLSocketFactory systems;

    /** What a server does with a request. */
    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    @BeforeClass
    public static void makeKeys() throws Exception {
        ours = TestKey.make(FOLDER.getRoot().toPath(), "ip:127.0.0.1");
        expired = TestKey.make(FOLDER.getRoot().toPath(), "ip:127.0.0.1", "-startdate", "-3d", "-validity", "1");
        foreign = TestKey.make(FOLDER.getRoot().toPath(), "dns:pay.blog.example");
    }

    @Before
    public void rememberTheSystemsTrust() {
        systems = HttpsURLConnection.getDefaultSSLSocketFactory();
    }

    @After
    public void stop() {
        HttpsURLConnection.setDefaultSSLSocketFactory(systems);
        servers.forEach(server -> server.stop(0));
        threads.shutdownNow();
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private String start(HttpServer server, Handler handler) {
        server.createContext("/", exchange -> {
            seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            handler.handle(exchange);
            exchange.close();
        });
        server.setExecutor(threads);
        server.start();
        servers.add(server);
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private String secure(TestKey key, Handler handler) throws Exception {
        HttpsServer server = HttpsServer.create(anyPort(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(key.serving()));
        return "https://" + start(server, handler);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/problem+json; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static void ok(HttpExchange exchange) throws IOException {
        answer(exchange, 200, "{}");
    }

    private UrlHttp http(String address, Pin pin) throws Refused {
        return new UrlHttp(ServerAddress.parse(address, true), pin, clock, PATIENCE, PATIENCE);
    }

    private Http.Reply post(String address, Pin pin) throws Refused, IOException {
        return http(address, pin).post("/api", Collections.singletonMap("matcha-device", "dev_1"), BODY);
    }

    private String failing(String address, Pin pin) {
        return Trouble.code(assertThrows(IOException.class, () -> post(address, pin)));
    }

    // ---- whom it trusts ---------------------------------------------------------------------------------------------

    @Test
    public void the_pinned_key_is_trusted_whatever_its_certificate_says() throws Exception {
        for (TestKey key : new TestKey[] {ours, expired, foreign}) {
            assertEquals(200, post(secure(key, UrlHttpTest::ok), key.pin()).status());
        }
        assertEquals(3, seen.size());
    }

    @Test
    public void another_key_than_the_pinned_one_is_refused_before_anything_is_said() throws Exception {
        assertEquals("pin_mismatch", failing(secure(ours, UrlHttpTest::ok), foreign.pin()));
        // Not even one that the system trusts, under the right name.
        HttpsURLConnection.setDefaultSSLSocketFactory(ours.trusting().getSocketFactory());
        assertEquals("pin_mismatch", failing(secure(ours, UrlHttpTest::ok), expired.pin()));
        // Not even one that was certified by the pinned key: it could be anybody's.
        assertEquals("pin_mismatch", failing(secure(ours, UrlHttpTest::ok), ours.pinOfTheAuthority()));
        assertEquals(Collections.emptyList(), seen);
    }

    @Test
    public void without_a_pin_a_certificate_that_the_system_trusts_is_accepted_under_its_name() throws Exception {
        HttpsURLConnection.setDefaultSSLSocketFactory(ours.trusting().getSocketFactory());
        assertEquals(200, post(secure(ours, UrlHttpTest::ok), null).status());
    }

    @Test
    public void without_a_pin_a_certificate_for_another_host_is_refused() throws Exception {
        HttpsURLConnection.setDefaultSSLSocketFactory(foreign.trusting().getSocketFactory());
        assertEquals("certificate_refused", failing(secure(foreign, UrlHttpTest::ok), null));
        assertEquals(Collections.emptyList(), seen);
    }

    @Test
    public void without_a_pin_a_certificate_that_nobody_vouches_for_is_refused() throws Exception {
        assertEquals("certificate_refused", failing(secure(ours, UrlHttpTest::ok), null));
        assertEquals(Collections.emptyList(), seen);
    }

    @Test
    public void without_a_pin_a_certificate_of_the_past_is_refused_with_a_code_of_its_own() throws Exception {
        HttpsURLConnection.setDefaultSSLSocketFactory(expired.trusting().getSocketFactory());
        assertEquals("certificate_time", failing(secure(expired, UrlHttpTest::ok), null));
    }

    @Test
    public void a_pin_is_written_as_it_is_read() throws Exception {
        assertEquals(ours.pin(), Pin.parse(ours.pin().toString()));
        assertEquals(ours.pin().hashCode(), Pin.parse(ours.pin().toString()).hashCode());
        for (String bad : new String[] {"", "sha256/", "sha256/AAAA", "sha1/" + ours.pin().toString().substring(7), "sha256/?"}) {
            assertEquals("bad_pin", assertThrows(bad, Refused.class, () -> Pin.parse(bad)).code());
        }
    }

    // ---- what it says and hears -------------------------------------------------------------------------------------

    @Test
    public void a_body_arrives_as_it_is_with_its_headers_and_without_a_kept_connection() throws Exception {
        Map<String, String> headers = new java.util.concurrent.ConcurrentHashMap<>();
        String address = secure(ours, exchange -> {
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(), String.join("|", values)));
            exchange.getResponseHeaders().set("X-One", "two");
            answer(exchange, 200, "{\"b\":\"字\"}");
        });
        Http.Reply reply = post(address + "/shop/", ours.pin());
        assertEquals(List.of("POST /shop/api {\"a\":\"茶\"}"), seen);
        assertEquals("dev_1", headers.get("matcha-device"));
        assertEquals("application/json", headers.get("content-type"));
        assertEquals("close", headers.get("connection"));
        assertEquals("" + BODY.length, headers.get("content-length"));
        assertEquals("{\"b\":\"字\"}", reply.text());
        assertEquals("two", reply.header("x-one"));
        assertEquals(true, reply.isProblem());
    }

    @Test
    public void an_answer_of_any_status_is_read_with_its_body() throws Exception {
        for (int status : new int[] {200, 201, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503}) {
            String address = secure(ours, exchange -> answer(exchange, status, "{\"status\":" + status + "}"));
            Http.Reply reply = post(address, ours.pin());
            assertEquals(status, reply.status());
            assertEquals("{\"status\":" + status + "}", reply.text());
        }
        Http.Reply empty = post(secure(ours, exchange -> answer(exchange, 500, "")), ours.pin());
        assertEquals("", empty.text());
    }

    @Test
    public void a_redirect_is_an_answer_and_not_followed() throws Exception {
        String elsewhere = secure(ours, UrlHttpTest::ok);
        for (int status : new int[] {301, 302, 303, 307, 308}) {
            seen.clear();
            String address = secure(ours, exchange -> {
                exchange.getResponseHeaders().set("Location", elsewhere + "/stolen");
                answer(exchange, status, "{}");
            });
            assertEquals(status, post(address, ours.pin()).status());
            assertEquals(1, seen.size());
        }
    }

    @Test
    public void an_answer_of_a_mebibyte_is_read_and_one_byte_more_is_refused() throws Exception {
        String most = "x".repeat(UrlHttp.ANSWER_BYTES_MAX);
        for (int status : new int[] {200, 500}) {
            assertEquals(most.length(), post(secure(ours, exchange -> answer(exchange, status, most)), ours.pin()).text().length());
            assertEquals("answer_too_large", failing(secure(ours, exchange -> answer(exchange, status, most + "x")), ours.pin()));
        }
    }

    @Test
    public void an_answer_that_breaks_off_is_none() throws Exception {
        String address = secure(ours, exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write("{\"stored\":[]}".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("the server is gone");
        });
        assertEquals("connection_lost", failing(address, ours.pin()));
    }

    @Test
    public void a_server_that_says_nothing_is_given_up() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        String address = secure(ours, exchange -> {
            try {
                end.await();
            } catch (InterruptedException stopped) {
                throw new IOException(stopped);
            }
        });
        UrlHttp http = new UrlHttp(ServerAddress.parse(address, false), ours.pin(), clock, PATIENCE, 1_000);
        IOException failure = assertThrows(IOException.class, () -> http.post("/api", Map.of(), BODY));
        assertEquals("timeout", Trouble.code(failure));
        assertTrue("it was not sent twice", seen.size() <= 1);
        end.countDown();
    }

    @Test
    public void an_answer_that_drips_is_given_up_after_a_minute() throws Exception {
        // Half a minute goes by for each piece of it.
        Clock slow = new Clock() {
            @Override
            public long nowMillis() {
                return clock.nowMillis();
            }

            @Override
            public long elapsedMillis() {
                clock.pass(31_000);
                return clock.elapsedMillis();
            }
        };
        String address = secure(ours, exchange -> answer(exchange, 200, "x".repeat(UrlHttp.ANSWER_BYTES_MAX)));
        UrlHttp http = new UrlHttp(ServerAddress.parse(address, false), ours.pin(), slow, PATIENCE, PATIENCE);
        IOException failure = assertThrows(IOException.class, () -> http.post("/api", Map.of(), BODY));
        assertEquals("timeout", Trouble.code(failure));
    }

    /** Answers one client, whatever it says, and goes away. */
    private String saying(String scheme, String text) throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        threads.execute(() -> {
            try (socket; Socket client = socket.accept()) {
                client.getInputStream().read();
                client.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
                client.shutdownOutput();
                client.getInputStream().readAllBytes();
            } catch (IOException closed) {
                // The client hung up first.
            }
        });
        return scheme + "://127.0.0.1:" + socket.getLocalPort();
    }

    @Test
    public void what_is_no_http_no_tls_or_nobody_is_told_apart() throws Exception {
        assertEquals("connection_lost", failing(saying("http", "220 mail.example ESMTP\r\n"), null));
        assertEquals("connection_lost", failing(saying("http", ""), null));
        assertEquals("tls_failed", failing(saying("https", "HTTP/1.1 400 Bad Request\r\n\r\n"), ours.pin()));
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertEquals("unreachable", failing("http://127.0.0.1:" + port, null));
    }

    @Test
    public void plain_http_works_to_this_machine_where_it_is_switched_on() throws Exception {
        String address = "http://" + start(HttpServer.create(anyPort(), 0), UrlHttpTest::ok);
        assertEquals(200, post(address, null).status());
        assertEquals("plain_http_off", assertThrows(Refused.class, () -> ServerAddress.parse(address, false)).code());
    }
}
