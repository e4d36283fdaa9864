package app.matcha.bridge.ui;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.DecodeHintType;
import com.google.zxing.LuminanceSource;
import com.google.zxing.PlanarYUVLuminanceSource;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.util.Collections;
import java.util.Map;

/**
 * Finds a QR code in one picture of the camera. Knows brightness only: no Android, no colours, and no other kinds of
 * codes. Codes may stand at any angle; light ones on dark ground are read as well. Not for several threads.
 */
final class QrReader {
    private static final Map<DecodeHintType, ?> HINTS =
            Collections.singletonMap(DecodeHintType.TRY_HARDER, Boolean.TRUE);

    private final QRCodeReader reader = new QRCodeReader();
    private boolean inverted;

    /**
     * The text of the code, or null where there is none that can be read. Each call looks for dark on light and light
     * on dark in turn, which costs half of looking for both in every picture.
     *
     * @param luminance one byte a pixel, row by row, each row {@code rowStride} bytes long (the last may be shorter)
     */
    String read(byte[] luminance, int width, int height, int rowStride) {
        LuminanceSource picture = new PlanarYUVLuminanceSource(
                padded(luminance, rowStride, height), rowStride, height, 0, 0, width, height, false);
        LuminanceSource seen = inverted ? picture.invert() : picture;
        inverted = !inverted;
        try {
            return reader.decode(new BinaryBitmap(new HybridBinarizer(seen)), HINTS).getText();
        } catch (ReaderException noCode) {
            return null;
        } finally {
            reader.reset();
        }
    }

    /** Cameras leave out what is behind the last pixel of the last row; the decoder counts on it. */
    private static byte[] padded(byte[] luminance, int rowStride, int height) {
        int whole = rowStride * height;
        return luminance.length >= whole ? luminance : java.util.Arrays.copyOf(luminance, whole);
    }
}
