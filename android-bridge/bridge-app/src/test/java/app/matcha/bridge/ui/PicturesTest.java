package app.matcha.bridge.ui;

import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.view.View;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.ParameterizedRobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.GraphicsMode;
import org.robolectric.shadows.ShadowBuild;

/**
 * Draws every scene with the platform's own graphics on a phone of 360 by 780 dp into target/android/pictures, to be
 * looked at by people. The fonts, Chinese ones too, come with Robolectric's native runtime.
 */
@RunWith(ParameterizedRobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class PicturesTest {
    private static final File FOLDER = new File("../../target/android/pictures");

    private final String name;
    private final String qualifiers;
    @Rule
    public final Stage stage = new Stage();

    public PicturesTest(String name, String qualifiers) {
        this.name = name;
        this.qualifiers = qualifiers;
    }

    @ParameterizedRobolectricTestRunner.Parameters(name = "{0}")
    public static List<Object[]> looks() {
        return Arrays.asList(new Object[] {"en", "en-rUS-w360dp-h780dp-notnight-hdpi"},
                new Object[] {"en-dark", "en-rUS-w360dp-h780dp-night-hdpi"},
                new Object[] {"zh", "zh-rCN-w360dp-h780dp-notnight-hdpi"},
                new Object[] {"zh-dark", "zh-rCN-w360dp-h780dp-night-hdpi"});
    }

    @Before
    public void setTheStage() {
        RuntimeEnvironment.setQualifiers(qualifiers);
        ShadowBuild.setManufacturer("Xiaomi");
        ShadowBuild.setModel("Mi 10");
    }

    @Test
    public void every_scene_is_drawn() throws IOException {
        for (Map.Entry<String, Scenes.Scene> scene : Scenes.all().entrySet()) {
            Activity screen = scene.getValue().open();
            Bitmap picture = draw(screen.getWindow().getDecorView());
            assertTrue(scene.getKey() + " is more than one colour", colours(picture) > 10);
            write(picture, new File(FOLDER, name + "/" + scene.getKey() + ".png"));
            Screens.closeAll();
        }
    }

    private static Bitmap draw(View view) {
        Bitmap picture = Bitmap.createBitmap(view.getWidth(), view.getHeight(), Bitmap.Config.ARGB_8888);
        view.draw(new Canvas(picture));
        return picture;
    }

    /** Counted at every 97th pixel. */
    private static long colours(Bitmap picture) {
        int pixels = picture.getWidth() * picture.getHeight();
        return IntStream.range(0, pixels / 97).map(i -> i * 97)
                .map(at -> picture.getPixel(at % picture.getWidth(), at / picture.getWidth())).distinct().count();
    }

    private static void write(Bitmap picture, File file) throws IOException {
        file.getParentFile().mkdirs();
        try (FileOutputStream out = new FileOutputStream(file)) {
            picture.compress(Bitmap.CompressFormat.PNG, 100, out);
        }
    }
}
