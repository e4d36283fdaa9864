package app.matcha.bridge.e2e;

import app.matcha.bridge.core.TestKey;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocket;

/**
 * The way between a phone and a server: TLS with a key of its own on one side, the server's plain port on the other. What
 * happens to each message of notices is told beforehand; one for which nothing was told is forwarded, and so is everything
 * else.
 */
final class TlsRelay implements Closeable {
    /** What happens to a message. */
    enum Fate {
        /** It is forwarded, and so is its answer. */
        FORWARD,
        /** Nothing is forwarded and nothing answered, until the phone gives up. */
        HANG,
        /** It is forwarded, and the answer kept back until the phone gives up. */
        HANG_AFTER_STORING,
        /** It is not forwarded; a proxy's error page answers. */
        ANSWER_500,
        /** It is forwarded; of the answer nothing comes back. */
        LOSE_ANSWER,
        /** It is forwarded; half of the answer comes back. */
        CUT_ANSWER,
        /** It is forwarded and answered; then the server is killed. */
        KILL_BETWEEN,
        /** It is forwarded and the server killed with no time to answer. */
        KILL_WHILE_STORING,
        /** It is forwarded and the server killed when it begins to answer; the answer is lost. */
        KILL_AFTER_STORING
    }

    private final SSLServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<Fate> next = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicInteger visits = new AtomicInteger();
    private volatile boolean gone;
    private volatile InetSocketAddress server;
    private volatile Runnable killer = () -> {};

    TlsRelay(TestKey key) throws Exception {
        listener = (SSLServerSocket) key.serving().getServerSocketFactory().createServerSocket(0, 50,
                InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    String url() {
        return "https://127.0.0.1:" + listener.getLocalPort();
    }

    /** Where the server listens now. */
    void forwardTo(InetSocketAddress address) {
        server = address;
    }

    void onKill(Runnable kill) {
        killer = kill;
    }

    /** What happens to the next messages of notices, one after the other. */
    void next(Fate... fates) {
        next.addAll(List.of(fates));
    }

    /** True until all that was told has happened. */
    boolean hasNext() {
        return !next.isEmpty();
    }

    /** There is no way at present: whoever comes is hung up on. */
    void isGone(boolean now) {
        gone = now;
    }

    /** How often a phone came, whatever became of it. */
    int visits() {
        return visits.get();
    }

    @Override
    public void close() throws IOException {
        closing.countDown();
        listener.close();
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket phone = listener.accept();
                threads.execute(() -> serve(phone));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket phone) {
        try (phone) {
            visits.incrementAndGet();
            if (!gone) {
                byte[] request = message(phone.getInputStream());
                boolean notices = new String(request, StandardCharsets.ISO_8859_1).startsWith("POST /api/v1/bridge/notices ");
                // While the server is dead no fate is used up.
                try (Socket to = new Socket(server.getAddress(), server.getPort())) {
                    Fate told = notices ? next.poll() : null;
                    deal(told == null ? Fate.FORWARD : told, request, to, phone.getOutputStream());
                }
            }
        } catch (IOException | InterruptedException hungUp) {
            // The phone gave up, the server was killed, or the test is over: each is what a relay has to live with.
        }
    }

    private void deal(Fate fate, byte[] request, Socket to, OutputStream phone) throws IOException, InterruptedException {
        byte[] answer;
        switch (fate) {
            case HANG:
                closing.await();
                break;
            case HANG_AFTER_STORING:
                exchange(request, to);
                closing.await();
                break;
            case ANSWER_500:
                phone.write(("HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\ncontent-length: 4\r\n"
                        + "connection: close\r\n\r\nsigh").getBytes(StandardCharsets.UTF_8));
                break;
            case LOSE_ANSWER:
                exchange(request, to);
                break;
            case CUT_ANSWER:
                answer = exchange(request, to);
                phone.write(answer, 0, answer.length / 2);
                break;
            case KILL_BETWEEN:
                answer = exchange(request, to);
                killer.run();
                phone.write(answer);
                break;
            case KILL_WHILE_STORING:
                send(request, to);
                killer.run();
                break;
            case KILL_AFTER_STORING:
                exchange(request, to);
                killer.run();
                break;
            default:
                phone.write(exchange(request, to));
        }
        phone.flush();
    }

    private static void send(byte[] request, Socket to) throws IOException {
        to.getOutputStream().write(request);
        to.getOutputStream().flush();
    }

    /** The server closes the connection behind its answer, as it was asked to. */
    private static byte[] exchange(byte[] request, Socket to) throws IOException {
        send(request, to);
        return to.getInputStream().readAllBytes();
    }

    /** A whole request: its head, and as much body as the head says. */
    private static byte[] message(InputStream in) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int end = 0;
        while (end < 4) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("hung up in the middle of a request");
            }
            message.write(b);
            end = b == "\r\n\r\n".charAt(end) ? end + 1 : b == '\r' ? 1 : 0;
        }
        message.write(in.readNBytes(length(message.toString(StandardCharsets.ISO_8859_1))));
        return message.toByteArray();
    }

    private static int length(String head) {
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                return Integer.parseInt(line.substring(line.indexOf(':') + 1).trim());
            }
        }
        return 0;
    }
}
