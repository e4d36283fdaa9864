package app.matcha.bridge.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key of a pretend server, certified by an authority of its own; made by the JDK's keytool. */
public final class TestKey {
    private static final String PASSWORD = "only for tests";

    private final KeyStore store;

    private TestKey(KeyStore store) {
        this.store = store;
    }

    /**
     * @param san names for the certificate, as keytool writes them: {@code dns:localhost,ip:127.0.0.1}
     * @param more further arguments for the server's certificate
     */
    public static TestKey make(Path folder, String san, String... more) throws Exception {
        Path file = Files.createTempDirectory(folder, "key").resolve("server.p12");
        keytool(file, "-alias", "authority", "-dname", "CN=a pretend authority", "-ext", "bc:c");
        List<String> server = new ArrayList<>(List.of("-alias", "server", "-dname", "CN=a pretend server", "-ext", "san=" + san,
                "-signer", "authority"));
        server.addAll(List.of(more));
        keytool(file, server.toArray(new String[0]));
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return new TestKey(store);
    }

    private static void keytool(Path file, String... arguments) throws IOException, InterruptedException {
        String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        List<String> command = new ArrayList<>(List.of(keytool, "-genkeypair", "-keystore", file.toString(), "-storetype",
                "PKCS12", "-storepass", PASSWORD, "-keyalg", "EC", "-groupname", "secp256r1"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
    }

    public Pin pin() throws GeneralSecurityException {
        return Pin.of(store.getCertificate("server"));
    }

    public Pin pinOfTheAuthority() throws GeneralSecurityException {
        return Pin.of(store.getCertificate("authority"));
    }

    /** For a server that has this key. */
    public SSLContext serving() throws GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    /** For a phone whose system trusts the authority. */
    public SSLContext trusting() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", store.getCertificate("authority"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
