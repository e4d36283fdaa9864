package app.matcha.bridge.core;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;

/** Stable codes for what goes wrong on the way to a server, so that the screen can say what to do about it. */
final class Trouble {
    /** The server has another key than the one that was pinned. */
    static final class PinMismatch extends CertificateException {
        private static final long serialVersionUID = 1;

        PinMismatch() {
            super("the server's key is not the pinned one");
        }
    }

    /** The server, or what pretends to be it, says more than any answer needs. */
    static final class AnswerTooLarge extends IOException {
        private static final long serialVersionUID = 1;

        AnswerTooLarge(int bytesMax) {
            super("the answer has more than " + bytesMax + " bytes");
        }
    }

    private Trouble() {}

    static String code(IOException failure) {
        if (isCausedBy(failure, PinMismatch.class)) {
            return "pin_mismatch";
        }
        // Most often a phone whose clock is years off.
        if (isCausedBy(failure, CertificateNotYetValidException.class)
                || isCausedBy(failure, CertificateExpiredException.class)) {
            return "certificate_time";
        }
        if (isCausedBy(failure, CertificateException.class)) {
            return "certificate_refused";
        }
        if (failure instanceof AnswerTooLarge) {
            return "answer_too_large";
        }
        if (failure instanceof SSLException) {
            return "tls_failed";
        }
        if (failure instanceof UnknownHostException) {
            return "host_unknown";
        }
        if (failure instanceof SocketTimeoutException) {
            return "timeout";
        }
        if (failure instanceof ConnectException || failure instanceof NoRouteToHostException) {
            return "unreachable";
        }
        return "connection_lost";
    }

    private static boolean isCausedBy(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
