package app.matcha.bridge;

import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.ServerAddress;
import java.io.IOException;
import java.util.Map;

/** The way to whichever server this phone is paired with at the moment of asking. */
final class Server implements Http {
    private final Identity identity;
    private final Outside outside;
    private final Clock clock;

    Server(Identity identity, Outside outside, Clock clock) {
        this.identity = identity;
        this.outside = outside;
        this.clock = clock;
    }

    @Override
    public Reply post(String path, Map<String, String> headers, byte[] body) throws IOException {
        ServerAddress address = identity.server();
        if (address == null) {
            throw new IOException("not paired");
        }
        return outside.http(address, identity.pin(), clock).post(path, headers, body);
    }
}
