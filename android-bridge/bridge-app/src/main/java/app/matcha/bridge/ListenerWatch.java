package app.matcha.bridge;

import android.content.ComponentName;
import android.content.Context;
import android.content.pm.PackageManager;
import android.os.Handler;
import android.os.Looper;
import android.service.notification.NotificationListenerService;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Watchdog;

/**
 * Keeps the listener bound, as {@link Watchdog} says: asks the system for it, switches the component off and on, tells the
 * owner. Lives in the process and not in the listener, which is the first thing to go. Only while access is granted.
 */
final class ListenerWatch {
    private final Context context;
    private final Phone phone;
    private final Clock clock;
    private final Runnable onChange;
    private final Watchdog watchdog = new Watchdog();
    private final Handler main = new Handler(Looper.getMainLooper());
    private final Runnable look = this::look;
    private volatile boolean bound;

    ListenerWatch(Context context, Phone phone, Clock clock, Runnable onChange) {
        this.context = context;
        this.phone = phone;
        this.clock = clock;
        this.onChange = onChange;
        // In a process that has just begun nothing is bound yet.
        watchdog.disconnected(clock.elapsedMillis());
    }

    boolean isBound() {
        return bound;
    }

    /** True from the moment at which all attempts had failed until it is bound again. */
    boolean isAlarmed() {
        return watchdog.isAlarmed();
    }

    void connected() {
        bound = true;
        watchdog.connected();
        main.removeCallbacks(look);
        onChange.run();
    }

    void disconnected() {
        bound = false;
        watchdog.disconnected(clock.elapsedMillis());
        look();
        onChange.run();
    }

    /** Does what is due, and looks again when more will be. */
    void look() {
        main.removeCallbacks(look);
        mendToggle();
        if (bound) {
            return;
        }
        if (!phone.mayListen()) {
            // Nothing can be done without the owner. From the grant on, time counts anew.
            watchdog.connected();
            watchdog.disconnected(clock.elapsedMillis());
            return;
        }
        for (Watchdog.Act act = watchdog.due(clock.elapsedMillis()); act != Watchdog.Act.NONE;
                act = watchdog.due(clock.elapsedMillis())) {
            act(act);
        }
        main.postDelayed(look, Math.max(0, watchdog.nextAt() - clock.elapsedMillis()));
    }

    private void act(Watchdog.Act act) {
        if (act == Watchdog.Act.REQUEST_REBIND) {
            // Our own class: with the framework's, which is often seen, nothing happens.
            NotificationListenerService.requestRebind(Phone.listener(context));
        } else if (act == Watchdog.Act.TOGGLE_COMPONENT) {
            toggle();
        } else {
            onChange.run();
        }
    }

    /** Off and on: the system binds anew what it had given up. The grant stays. */
    void toggle() {
        set(PackageManager.COMPONENT_ENABLED_STATE_DISABLED);
        set(PackageManager.COMPONENT_ENABLED_STATE_ENABLED);
    }

    /** A process that was killed in the middle of a toggle has left the listener off. */
    private void mendToggle() {
        int state = context.getPackageManager().getComponentEnabledSetting(Phone.listener(context));
        if (state == PackageManager.COMPONENT_ENABLED_STATE_DISABLED) {
            set(PackageManager.COMPONENT_ENABLED_STATE_ENABLED);
        }
    }

    private void set(int state) {
        ComponentName listener = Phone.listener(context);
        context.getPackageManager().setComponentEnabledSetting(listener, state, PackageManager.DONT_KILL_APP);
    }
}
