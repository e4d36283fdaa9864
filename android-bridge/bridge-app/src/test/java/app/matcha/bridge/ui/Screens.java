package app.matcha.bridge.ui;

import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.content.Intent;
import android.view.View;
import android.view.ViewGroup;
import android.widget.TextView;
import app.matcha.bridge.R;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadows.ShadowLooper;

/** Opens screens as an owner would, and reads and taps what is on them. */
public final class Screens {
    private static final List<ActivityController<? extends Activity>> OPEN = new ArrayList<>();

    private Screens() {}

    public static <T extends Activity> T open(Class<T> screen) {
        return open(screen, new Intent(RuntimeEnvironment.getApplication(), screen));
    }

    public static <T extends Activity> T open(Class<T> screen, Intent intent) {
        return controlled(screen, intent).get();
    }

    /** The same, for tests that leave the screen and come back. */
    static <T extends Activity> ActivityController<T> controlled(Class<T> screen, Intent intent) {
        ActivityController<T> controller = Robolectric.buildActivity(screen, intent).setup();
        OPEN.add(controller);
        ShadowLooper.idleMainLooper();
        return controller;
    }

    /** Leaves no window behind. */
    public static void closeAll() {
        OPEN.forEach(ActivityController::close);
        OPEN.clear();
    }

    /** Every view under the window that can be seen. */
    static void visit(View view, Consumer<View> visitor) {
        if (view.getVisibility() != View.VISIBLE) {
            return;
        }
        visitor.accept(view);
        if (view instanceof ViewGroup) {
            for (int i = 0; i < ((ViewGroup) view).getChildCount(); i++) {
                visit(((ViewGroup) view).getChildAt(i), visitor);
            }
        }
    }

    static List<View> views(Activity activity) {
        List<View> views = new ArrayList<>();
        visit(activity.getWindow().getDecorView(), views::add);
        return views;
    }

    /** All that can be read on the screen, or heard, a line each. */
    public static String words(Activity activity) {
        StringBuilder words = new StringBuilder();
        for (View view : views(activity)) {
            if (view instanceof TextView) {
                words.append(((TextView) view).getText()).append('\n');
            }
            if (view.getContentDescription() != null) {
                words.append(view.getContentDescription()).append('\n');
            }
        }
        return words.toString();
    }

    static boolean shows(Activity activity, int text, Object... arguments) {
        return words(activity).contains(activity.getString(text, arguments));
    }

    static String said(Activity activity, int view) {
        return activity.<TextView>findViewById(view).getText().toString();
    }

    static boolean isSeen(Activity activity, int view) {
        View found = activity.findViewById(view);
        return found != null && views(activity).contains(found);
    }

    /** Taps what says this, or what it stands in. */
    public static void tap(Activity activity, int text) {
        String wanted = activity.getString(text);
        for (View view : views(activity)) {
            View button = view instanceof TextView && wanted.contentEquals(((TextView) view).getText())
                    ? clickable(view) : null;
            if (button != null) {
                assertTrue(wanted + " can be tapped", button.isEnabled());
                button.performClick();
                ShadowLooper.idleMainLooper();
                return;
            }
        }
        throw new AssertionError("nothing to tap says " + wanted + " in\n" + words(activity));
    }

    private static View clickable(View view) {
        for (Object at = view; at instanceof View; at = ((View) at).getParent()) {
            if (((View) at).hasOnClickListeners()) {
                return (View) at;
            }
        }
        return null;
    }

    /** The screen of this app that was opened last, taken off the pile; null where there is none any more. */
    static String opened(Activity activity) {
        Intent intent = started(activity);
        return intent == null || intent.getComponent() == null ? null
                : intent.getComponent().getShortClassName().replaceAll(".*\\.", "");
    }

    static Intent started(Activity activity) {
        return Shadows.shadowOf(activity).getNextStartedActivity();
    }

    /** The title of the state that is shown, by its name. */
    static String state(Activity activity) {
        return said(activity, R.id.state_title);
    }
}
