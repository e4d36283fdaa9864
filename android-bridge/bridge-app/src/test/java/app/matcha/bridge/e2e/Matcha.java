package app.matcha.bridge.e2e;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The real server in a process of its own, on a folder of its own. Can be killed, and started again on the same folder. */
final class Matcha implements Closeable {
    private final Path binary = binary();
    private final Path data;
    private final Path log;
    private final String baseUrl;
    private Process process;
    private InetSocketAddress address;
    private int kills;

    /** @param baseUrl where phones reach it */
    Matcha(Path folder, String baseUrl) throws IOException {
        data = Files.createTempDirectory(folder, "data");
        log = data.resolveSibling("log-of-" + data.getFileName());
        this.baseUrl = baseUrl;
    }

    /** From the property or variable {@code MATCHA_BIN}; otherwise what {@code cargo build} made. */
    private static Path binary() {
        String told = System.getProperty("MATCHA_BIN", System.getenv("MATCHA_BIN"));
        Path binary = Path.of(told == null ? "../../target/debug/matcha" : told);
        assertTrue("the server is not at " + binary.toAbsolutePath().normalize()
                + ": build it (cargo build), or say where it is in MATCHA_BIN", Files.isExecutable(binary));
        return binary;
    }

    /** Runs a command beside the server; what it printed. */
    String run(String... arguments) throws IOException, InterruptedException {
        Process command = command(arguments).start();
        String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertEquals(String.join(" ", arguments) + " failed:\n" + log(), 0, command.waitFor());
        return said;
    }

    private ProcessBuilder command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(binary.toString(), "--data", data.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().put("RUST_LOG", "warn");
        return builder;
    }

    /** Starts it on a free port and returns when it listens. */
    synchronized InetSocketAddress start() throws IOException {
        process = command("serve", "--listen", "127.0.0.1:0", "--base-url", baseUrl).start();
        // It prints little more than this line, which fits into the pipe.
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String greeting = String.valueOf(out.readLine());
        assertTrue("the server said: " + greeting + "\n" + log(), greeting.contains("http://"));
        URI uri = URI.create(greeting.replaceAll(".*(http://[^ ,]+).*", "$1"));
        address = new InetSocketAddress(uri.getHost(), uri.getPort());
        return address;
    }

    synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Its plain address, for the owner. */
    synchronized String url() {
        return "http://" + address.getHostString() + ":" + address.getPort();
    }

    /** SIGKILL: no buffer is flushed, nothing is finished. */
    synchronized void kill() {
        if (isRunning()) {
            kills++;
            process.destroyForcibly();
            try {
                process.waitFor();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** How often it was killed while it ran. */
    synchronized int kills() {
        return kills;
    }

    private String log() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    @Override
    public void close() {
        kill();
    }
}
