package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.google.zxing.BarcodeFormat;
import java.util.Arrays;
import java.util.Random;
import org.junit.Test;

/** Codes are drawn, and read back as a camera would see them. */
public final class QrReaderTest {
    private static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.example.com&code=K7DFW-2Q9XM"
            + "&pin=sha256%2FAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D";
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final int DARK = 60;
    private static final int LIGHT = 200;

    private final QrReader reader = new QrReader();

    @Test
    public void a_code_in_the_middle_of_a_picture_is_read() throws Exception {
        assertEquals(LINK, reader.read(picture(WIDTH, 0, 0), WIDTH, HEIGHT, WIDTH));
    }

    @Test
    public void a_code_is_read_at_any_angle() throws Exception {
        for (int degrees : new int[] {17, 90, 135, 180, 270, 333}) {
            assertEquals(degrees + " degrees", LINK,
                    new QrReader().read(picture(WIDTH, degrees, 0), WIDTH, HEIGHT, WIDTH));
        }
    }

    @Test
    public void rows_may_be_longer_than_the_picture_and_the_last_one_shorter() throws Exception {
        int stride = 704;
        byte[] padded = picture(stride, 0, 0);
        byte[] asTheCameraGivesIt = Arrays.copyOf(padded, stride * (HEIGHT - 1) + WIDTH);
        assertEquals(LINK, reader.read(asTheCameraGivesIt, WIDTH, HEIGHT, stride));
    }

    @Test
    public void noise_does_not_matter() throws Exception {
        assertEquals(LINK, reader.read(picture(WIDTH, 8, 30), WIDTH, HEIGHT, WIDTH));
    }

    @Test
    public void light_on_dark_is_read_in_every_second_picture() throws Exception {
        byte[] picture = picture(WIDTH, 0, 0);
        for (int i = 0; i < picture.length; i++) {
            picture[i] = (byte) ~picture[i];
        }
        assertNull(reader.read(picture, WIDTH, HEIGHT, WIDTH));
        assertEquals(LINK, reader.read(picture, WIDTH, HEIGHT, WIDTH));
    }

    @Test
    public void a_picture_without_a_code_is_nothing() {
        byte[] grey = new byte[WIDTH * HEIGHT];
        Arrays.fill(grey, (byte) 128);
        assertNull(reader.read(grey, WIDTH, HEIGHT, WIDTH));
        new Random(7).nextBytes(grey);
        assertNull(reader.read(grey, WIDTH, HEIGHT, WIDTH));
    }

    /** A code of 300 pixels on a grey desk, turned about its middle, with that much noise on every pixel. */
    private static byte[] picture(int stride, int degrees, int noise) throws Exception {
        BitMatrix code = new QRCodeWriter().encode(LINK, BarcodeFormat.QR_CODE, 300, 300);
        double sin = Math.sin(Math.toRadians(degrees));
        double cos = Math.cos(Math.toRadians(degrees));
        Random random = new Random(degrees);
        byte[] picture = new byte[stride * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                double right = x - WIDTH / 2.0;
                double down = y - HEIGHT / 2.0;
                int column = (int) Math.floor(right * cos + down * sin + 150);
                int row = (int) Math.floor(down * cos - right * sin + 150);
                boolean inside = column >= 0 && column < 300 && row >= 0 && row < 300;
                int light = !inside ? 150 : code.get(column, row) ? DARK : LIGHT;
                picture[y * stride + x] = (byte) (light + (noise == 0 ? 0 : random.nextInt(2 * noise) - noise));
            }
        }
        return picture;
    }
}
