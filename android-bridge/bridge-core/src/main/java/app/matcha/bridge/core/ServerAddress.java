package app.matcha.bridge.core;

import java.net.IDN;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Locale;

/**
 * Where the server is, checked once. HTTPS anywhere; plain HTTP only to this machine or a private network, named by
 * number, and only where the owner switched it on. A path in front of the API is kept.
 */
public final class ServerAddress {
    private final String base;
    private final String host;
    private final boolean secure;

    private ServerAddress(String base, String host, boolean secure) {
        this.base = base;
        this.host = host;
        this.secure = secure;
    }

    /**
     * @param plainAllowed the owner switched plain HTTP on
     * @throws Refused with {@code bad_server}, {@code plain_http_off} or {@code plain_http_public}
     */
    public static ServerAddress parse(String text, boolean plainAllowed) throws Refused {
        URI uri = uri(text == null ? "" : text.trim());
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean secure = scheme.equals("https");
        if (!secure && !scheme.equals("http") || uri.getHost() == null || uri.getUserInfo() != null
                || uri.getRawQuery() != null || uri.getRawFragment() != null || uri.getPort() == 0
                || uri.getPort() > 65_535) {
            throw new Refused("bad_server");
        }
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        if (!secure && !PrivateHost.is(host)) {
            throw new Refused("plain_http_public");
        }
        if (!secure && !plainAllowed) {
            throw new Refused("plain_http_off");
        }
        String path = uri.getRawPath().replaceAll("/+$", "");
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        return new ServerAddress(scheme + "://" + host + port + path, host, secure);
    }

    /** A URI whose host is ASCII: people have names in Chinese too. */
    private static URI uri(String text) throws Refused {
        try {
            String host = new URL(text).getHost();
            if (host.isEmpty() || host.startsWith("[")) {
                return new URI(text);
            }
            int at = text.indexOf(host);
            return new URI(text.substring(0, at) + IDN.toASCII(host, IDN.USE_STD3_ASCII_RULES)
                    + text.substring(at + host.length()));
        } catch (URISyntaxException | MalformedURLException | IllegalArgumentException notAnAddress) {
            throw new Refused("bad_server");
        }
    }

    /** The URL of a path of the API, which begins with a slash. */
    public String url(String path) {
        return base + path;
    }

    /** The address as it was understood, without a slash at its end. */
    public String base() {
        return base;
    }

    /** The host alone, for the screen. */
    public String host() {
        return host;
    }

    /** True for HTTPS. */
    public boolean isSecure() {
        return secure;
    }

    @Override
    public String toString() {
        return base;
    }
}
