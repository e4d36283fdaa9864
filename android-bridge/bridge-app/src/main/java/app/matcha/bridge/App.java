package app.matcha.bridge;

import android.app.Activity;
import android.app.Application;
import android.os.Bundle;

/** The process. Holds the one {@link Bridge}, and wakes it whenever the owner looks at a screen. */
public class App extends Application {
    private Bridge bridge;

    /** What the bridge takes from outside. Tests say otherwise. */
    protected Outside outside() {
        return new Outside(this);
    }

    final synchronized Bridge bridge() {
        if (bridge == null) {
            bridge = new Bridge(this, outside());
        }
        return bridge;
    }

    @Override
    public void onCreate() {
        super.onCreate();
        registerActivityLifecycleCallbacks(new Looking());
    }

    /** Android kills processes and never says so here; tests end in this way. */
    @Override
    public synchronized void onTerminate() {
        super.onTerminate();
        if (bridge != null) {
            bridge.close();
        }
    }

    /** An app that is on the screen may start what one in the background may not. */
    private final class Looking implements ActivityLifecycleCallbacks {
        @Override
        public void onActivityStarted(Activity activity) {
            bridge().awake();
        }

        @Override
        public void onActivityCreated(Activity activity, Bundle saved) {}

        @Override
        public void onActivityResumed(Activity activity) {}

        @Override
        public void onActivityPaused(Activity activity) {}

        @Override
        public void onActivityStopped(Activity activity) {}

        @Override
        public void onActivitySaveInstanceState(Activity activity, Bundle saved) {}

        @Override
        public void onActivityDestroyed(Activity activity) {}
    }
}
