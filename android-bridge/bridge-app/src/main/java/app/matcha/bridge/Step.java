package app.matcha.bridge;

import android.content.Intent;

/** One thing the owner has to allow, as far as the app can look at it. Immutable; the words for it are the screen's. */
public final class Step {
    /** Notification access. */
    public static final String ACCESS = "access";
    /** This app may show notifications. */
    public static final String NOTIFICATIONS = "notifications";
    /** No battery optimisation for this app. */
    public static final String BATTERY = "battery";
    /** The maker's own list of apps that may start and run by themselves. No app can read it. */
    public static final String AUTOSTART = "autostart";

    public enum Done {
        YES, NO, UNKNOWN
    }

    public final String id;
    public final Done done;
    public final boolean optional;
    /** The system's screen for it. Makers leave some out: whoever starts it catches what that throws. */
    public final Intent toOpen;

    public Step(String id, Done done, boolean optional, Intent toOpen) {
        this.id = id;
        this.done = done;
        this.optional = optional;
        this.toOpen = toOpen;
    }
}
