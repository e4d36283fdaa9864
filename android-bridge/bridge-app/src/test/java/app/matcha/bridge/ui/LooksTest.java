package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;

import android.app.Activity;
import android.text.Layout;
import android.view.View;
import android.widget.EditText;
import android.widget.ImageButton;
import android.widget.ImageView;
import android.widget.ListView;
import android.widget.TextView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.ParameterizedRobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.GraphicsMode;

/**
 * Every scene on a small phone with large letters, measured with the platform's own text layout: nothing is cut off, too
 * small to hit, or mute.
 */
@RunWith(ParameterizedRobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class LooksTest {
    private static final int TOUCH_DP = 48;

    @Rule
    public final Stage stage = new Stage();
    private final String language;
    private final List<String> faults = new ArrayList<>();

    public LooksTest(String language) {
        this.language = language;
    }

    @ParameterizedRobolectricTestRunner.Parameters(name = "{0}")
    public static List<Object[]> languages() {
        return java.util.Arrays.asList(new Object[] {"en-rUS"}, new Object[] {"zh-rCN"});
    }

    @Test
    public void on_320_dp_with_large_letters_all_can_be_read_and_hit() {
        RuntimeEnvironment.setQualifiers(language + "-w320dp-h640dp-mdpi");
        RuntimeEnvironment.setFontScale(1.3f);
        for (Map.Entry<String, Scenes.Scene> scene : Scenes.all().entrySet()) {
            Activity screen = scene.getValue().open();
            for (View view : Screens.views(screen)) {
                look(scene.getKey(), view);
            }
            Screens.closeAll();
        }
        assertEquals(Collections.emptyList(), faults);
    }

    private void look(String scene, View view) {
        if (view instanceof TextView) {
            isWhole(scene, (TextView) view);
        }
        boolean isButton = view.isClickable() && !(view instanceof ListView) && !isSelectableText(view);
        if (isButton && (view.getWidth() < TOUCH_DP || view.getHeight() < TOUCH_DP)) {
            fault(scene, view, "is " + view.getWidth() + " by " + view.getHeight());
        }
        boolean mute = view.getContentDescription() == null || view.getContentDescription().length() == 0;
        if (view instanceof ImageButton && mute) {
            fault(scene, view, "does not say what it does");
        } else if (view instanceof ImageView && view.isImportantForAccessibility() && mute) {
            fault(scene, view, "is a picture without words");
        }
    }

    private static boolean isSelectableText(View view) {
        return view instanceof TextView && ((TextView) view).isTextSelectable();
    }

    /** Height and width hold all lines, and none is shortened by dots. */
    private void isWhole(String scene, TextView view) {
        Layout layout = view.getLayout();
        if (layout == null || view instanceof EditText) {
            return;
        }
        int height = layout.getHeight() + view.getCompoundPaddingTop() + view.getCompoundPaddingBottom();
        if (view.getHeight() < height) {
            fault(scene, view, "is cut off below");
        }
        int room = view.getWidth() - view.getCompoundPaddingLeft() - view.getCompoundPaddingRight();
        for (int line = 0; line < layout.getLineCount(); line++) {
            if (layout.getEllipsisCount(line) > 0) {
                fault(scene, view, "ends in dots");
            }
            if (layout.getLineMax(line) > room + 1) {
                fault(scene, view, "is too wide");
            }
        }
    }

    private void fault(String scene, View view, String what) {
        String name = view.getId() == View.NO_ID ? view.getClass().getSimpleName()
                : view.getResources().getResourceEntryName(view.getId());
        String words = view instanceof TextView ? " (" + ((TextView) view).getText() + ")" : "";
        faults.add(scene + ": " + name + words + " " + what);
    }
}
