package app.matcha.bridge;

import android.content.Context;
import android.net.ConnectivityManager;
import android.net.Network;
import android.net.NetworkCapabilities;

/** Tells when the phone can reach the Internet again: another network, or one whose sign-in page was passed. */
final class Networks extends ConnectivityManager.NetworkCallback {
    private final ConnectivityManager manager;
    private final Runnable onReturn;
    private boolean registered;
    private Network usable;

    Networks(Context context, Runnable onReturn) {
        this.manager = context.getSystemService(ConnectivityManager.class);
        this.onReturn = onReturn;
    }

    /** Begins to listen; does nothing where it listens already. */
    synchronized void listen() {
        if (registered) {
            return;
        }
        try {
            manager.registerDefaultNetworkCallback(this);
            registered = true;
        } catch (RuntimeException refused) {
            // Android 11 and some makers refuse at times; then retries come by the clock alone, until the next try.
        }
    }

    @Override
    public void onCapabilitiesChanged(Network network, NetworkCapabilities capabilities) {
        boolean usableNow = capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
                && capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED);
        if (becomes(network, usableNow)) {
            onReturn.run();
        }
    }

    /** A server at home is reached without the Internet, so a network counts before it is validated, too. */
    @Override
    public void onAvailable(Network network) {
        onReturn.run();
    }

    @Override
    public void onLost(Network network) {
        becomes(network, false);
    }

    /** @return true where it is usable now and was not before; strength and speed change all the time */
    private synchronized boolean becomes(Network network, boolean usableNow) {
        boolean news = usableNow && !network.equals(usable);
        if (usableNow) {
            usable = network;
        } else if (network.equals(usable)) {
            usable = null;
        }
        return news;
    }
}
