package app.matcha.bridge.core;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hosts that are surely not on the internet: this machine, and addresses of private networks. A name other than
 * {@code localhost} is never one, because whoever answers for names decides where it leads.
 */
final class PrivateHost {
    private static final Pattern DOTTED = Pattern.compile(
            "(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})");

    private PrivateHost() {}

    /** @param host as it stands in a URL, in lower case; an IPv6 address in brackets */
    static boolean is(String host) {
        if (host.equals("localhost")) {
            return true;
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            return isPrivateV6(host.substring(1, host.length() - 1));
        }
        Matcher dotted = DOTTED.matcher(host);
        if (!dotted.matches()) {
            return false;
        }
        int[] part = new int[4];
        for (int i = 0; i < 4; i++) {
            part[i] = Integer.parseInt(dotted.group(i + 1));
            if (part[i] > 255) {
                return false;
            }
        }
        return isPrivateV4(part[0], part[1]);
    }

    private static boolean isPrivateV4(int first, int second) {
        return first == 10 || first == 127 || first == 172 && second >= 16 && second < 32 || first == 192 && second == 168
                || first == 169 && second == 254;
    }

    private static boolean isPrivateV6(String literal) {
        // Only digits, colons and dots: such a text is never looked up as a name.
        if (!literal.matches("[0-9a-f:.]+") || literal.indexOf(':') < 0) {
            return false;
        }
        try {
            InetAddress address = InetAddress.getByName(literal);
            byte[] bytes = address.getAddress();
            if (address instanceof Inet4Address) {
                return isPrivateV4(bytes[0] & 255, bytes[1] & 255);
            }
            // fc00::/7 are the private networks of IPv6; fe80::/10 is the link.
            return address instanceof Inet6Address && (address.isLoopbackAddress() || address.isLinkLocalAddress()
                    || (bytes[0] & 0xfe) == 0xfc);
        } catch (UnknownHostException notAnAddress) {
            return false;
        }
    }
}
