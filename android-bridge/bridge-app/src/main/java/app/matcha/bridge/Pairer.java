package app.matcha.bridge;

import android.os.Build;
import android.os.Handler;
import android.os.Looper;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.ClockOffset;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Pairing;
import app.matcha.bridge.core.PairingPayload;
import app.matcha.bridge.core.Refused;
import app.matcha.bridge.core.ServerAddress;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.function.Consumer;

/**
 * Takes up a pairing and gives it up. The code is exchanged on a thread of its own; only when the key is kept is the old
 * pairing replaced. A link whose server does not answer changes nothing.
 */
final class Pairer {
    private final Outside outside;
    private final Clock clock;
    private final Identity identity;
    private final Vault vault;
    private final ClockOffset offset;
    private final Phone phone;
    private final Handler main = new Handler(Looper.getMainLooper());

    Pairer(Outside outside, Clock clock, Identity identity, Vault vault, ClockOffset offset, Phone phone) {
        this.outside = outside;
        this.clock = clock;
        this.identity = identity;
        this.vault = vault;
        this.offset = offset;
        this.phone = phone;
    }

    /** @param done is called on the main thread */
    void pair(String text, String phoneName, boolean allowPlain, Consumer<PairResult> done) {
        outside.run("pairing", () -> {
            PairResult result = exchange(text, phoneName, allowPlain);
            main.post(() -> done.accept(result));
        });
    }

    private PairResult exchange(String text, String phoneName, boolean allowPlain) {
        try {
            PairingPayload payload = PairingPayload.parse(text);
            ServerAddress server = payload.address(allowPlain);
            Http http = outside.http(server, payload.pin(), clock);
            Pairing paired = Pairing.pair(http, payload.code(), phoneName, Build.MODEL, phone.appVersion(), offset);
            String before = identity.deviceId();
            boolean inKeystore = vault.keep(paired.deviceId(), paired.key());
            if (!identity.keep(paired.deviceId(), server, allowPlain, payload.pin(), inKeystore)) {
                return PairResult.failed("key_unavailable");
            }
            if (before != null && !before.equals(paired.deviceId())) {
                vault.forget(before);
            }
            return PairResult.done();
        } catch (Refused refused) {
            return PairResult.failed(refused.code());
        } catch (IOException failure) {
            return PairResult.failed(Pairing.trouble(failure));
        } catch (GeneralSecurityException noBox) {
            return PairResult.failed("key_unavailable");
        }
    }

    void unpair() {
        String deviceId = identity.deviceId();
        identity.forget();
        if (deviceId != null) {
            vault.forget(deviceId);
        }
    }
}
