package app.matcha.bridge.core;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trust in exactly one key. The handshake proves that the server holds it, so neither its name, nor who signed its
 * certificate, nor until when (by a clock that may be wrong) adds anything.
 */
final class PinnedTls extends X509ExtendedTrustManager implements HostnameVerifier {
    private final Pin pin;
    private final SSLSocketFactory sockets;

    PinnedTls(Pin pin) {
        this.pin = pin;
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {this}, null);
            sockets = context.getSocketFactory();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java and Android speaks TLS", impossible);
        }
    }

    void applyTo(HttpsURLConnection connection) {
        connection.setSSLSocketFactory(sockets);
        connection.setHostnameVerifier(this);
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        // The first is the server's own; the others could be anybody's.
        if (chain == null || chain.length == 0 || !pin.fits(chain[0])) {
            throw new Trouble.PinMismatch();
        }
    }

    /** Asked where the name does not fit the certificate. */
    @Override
    public boolean verify(String host, SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && pin.fits(chain[0]);
        } catch (SSLPeerUnverifiedException unknown) {
            return false;
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        throw new CertificateException("this is no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
