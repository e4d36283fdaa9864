package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.robolectric.Shadows.shadowOf;

import android.net.ConnectivityManager;
import android.net.Network;
import android.net.NetworkCapabilities;
import java.time.Duration;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.shadows.ShadowNetwork;
import org.robolectric.shadows.ShadowNetworkCapabilities;

@RunWith(RobolectricTestRunner.class)
public final class NetworksTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private final Network wifi = ShadowNetwork.newInstance(7);
    private int returns;
    private final Networks networks = new Networks(app, () -> returns++);

    private static NetworkCapabilities capabilities(boolean validated) {
        NetworkCapabilities capabilities = ShadowNetworkCapabilities.newInstance();
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET);
        if (validated) {
            shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED);
        }
        return capabilities;
    }

    @Test
    public void passing_a_sign_in_page_is_a_return_and_a_better_signal_is_none() {
        networks.onCapabilitiesChanged(wifi, capabilities(false));
        assertEquals(0, returns);
        networks.onCapabilitiesChanged(wifi, capabilities(true));
        networks.onCapabilitiesChanged(wifi, capabilities(true));
        assertEquals(1, returns);
        networks.onLost(wifi);
        networks.onCapabilitiesChanged(wifi, capabilities(true));
        assertEquals(2, returns);
    }

    @Test
    public void what_waits_goes_as_soon_as_there_is_a_network() {
        app.paired();
        app.server.unreachable = true;
        ReceiptListener listener = Robolectric.setupService(ReceiptListener.class);
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.pass(Duration.ofMinutes(30));
        app.server.unreachable = false;
        for (ConnectivityManager.NetworkCallback callback
                : shadowOf(app.getSystemService(ConnectivityManager.class)).getNetworkCallbacks()) {
            callback.onAvailable(wifi);
        }
        app.settle();
        assertEquals(1, app.server.stored.size());
    }

    @Test
    public void it_listens_once() {
        networks.listen();
        networks.listen();
        assertEquals(1, shadowOf(app.getSystemService(ConnectivityManager.class)).getNetworkCallbacks().size());
    }
}
