package app.matcha.bridge.ui;

import android.content.Context;
import android.graphics.ImageFormat;
import android.graphics.SurfaceTexture;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.HandlerThread;
import android.util.Size;
import android.view.Surface;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The back camera: a preview on a surface, and a {@link QrReader} that looks at the same pictures. Pictures are looked
 * at in memory, one at a time, and thrown away. {@link #open} needs the camera permission; {@link #close} may be called
 * at any time and ends everything.
 */
final class QrCamera {
    /** Called on the camera's own thread. */
    interface Ear {
        /** A QR code with this text is in sight. Called again for as long as it is. */
        void onCode(String text);

        /** The camera is used by somebody else, broken, or not there. */
        void onTrouble();
    }

    /** Pictures larger than this hold no more of a code that fills half of them, and take longer to look at. */
    private static final long PIXELS_MAX = 1920L * 1080;

    private final CameraManager cameras;
    private final Ear ear;
    private final QrReader reader = new QrReader();
    private final HandlerThread thread = new HandlerThread("camera");
    private Handler handler;
    private Surface shown;
    private ImageReader pictures;
    private CameraDevice device;
    private CameraCaptureSession session;
    private CaptureRequest.Builder request;
    private boolean light;
    private boolean closed;

    QrCamera(Context context, Ear ear) {
        cameras = context.getSystemService(CameraManager.class);
        this.ear = ear;
    }

    /** The size in which the back camera should be shown, as its sensor sees it (mostly lying); null without a camera. */
    Size size() {
        try {
            String id = backCamera();
            return id == null ? null : pictureSize(cameras.getCameraCharacteristics(id));
        } catch (CameraAccessException | IllegalArgumentException unusable) {
            return null;
        }
    }

    /** True where the back camera has a light. */
    boolean hasLight() {
        try {
            String id = backCamera();
            return id != null && Boolean.TRUE.equals(
                    cameras.getCameraCharacteristics(id).get(CameraCharacteristics.FLASH_INFO_AVAILABLE));
        } catch (CameraAccessException | IllegalArgumentException unusable) {
            return false;
        }
    }

    /** Starts to look. What goes wrong is told to the ear, also later. */
    synchronized void open(SurfaceTexture preview, Size size) {
        thread.start();
        handler = new Handler(thread.getLooper());
        pictures = ImageReader.newInstance(size.getWidth(), size.getHeight(), ImageFormat.YUV_420_888, 2);
        pictures.setOnImageAvailableListener(this::look, handler);
        preview.setDefaultBufferSize(size.getWidth(), size.getHeight());
        shown = new Surface(preview);
        try {
            cameras.openCamera(backCamera(), new CameraDevice.StateCallback() {
                @Override
                public void onOpened(CameraDevice opened) {
                    start(opened);
                }

                @Override
                public void onDisconnected(CameraDevice lost) {
                    fail();
                }

                @Override
                public void onError(CameraDevice broken, int error) {
                    fail();
                }
            }, handler);
        } catch (CameraAccessException | SecurityException | IllegalArgumentException refused) {
            handler.post(this::fail);
        }
    }

    /** Switches the light on or off. */
    synchronized void light(boolean on) {
        light = on;
        if (session != null) {
            repeat();
        }
    }

    /** Lets go of the camera. */
    synchronized void close() {
        closed = true;
        if (device != null) {
            device.close();
        }
        if (pictures != null) {
            pictures.close();
            shown.release();
        }
        thread.quitSafely();
    }

    private synchronized void start(CameraDevice opened) {
        if (closed) {
            opened.close();
            return;
        }
        device = opened;
        try {
            request = opened.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
            request.addTarget(shown);
            request.addTarget(pictures.getSurface());
            request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
            createSession(opened);
        } catch (CameraAccessException | IllegalStateException | IllegalArgumentException gone) {
            fail();
        }
    }

    // The newer way needs Android 9; this one is there on all and does the same.
    @SuppressWarnings("deprecation")
    private void createSession(CameraDevice opened) throws CameraAccessException {
        opened.createCaptureSession(Arrays.asList(shown, pictures.getSurface()),
                new CameraCaptureSession.StateCallback() {
                    @Override
                    public void onConfigured(CameraCaptureSession configured) {
                        configured(configured);
                    }

                    @Override
                    public void onConfigureFailed(CameraCaptureSession refused) {
                        fail();
                    }
                }, handler);
    }

    private synchronized void configured(CameraCaptureSession configured) {
        if (!closed) {
            session = configured;
            repeat();
        }
    }

    private void repeat() {
        request.set(CaptureRequest.FLASH_MODE,
                light ? CaptureRequest.FLASH_MODE_TORCH : CaptureRequest.FLASH_MODE_OFF);
        try {
            session.setRepeatingRequest(request.build(), null, handler);
        } catch (CameraAccessException | IllegalStateException gone) {
            fail();
        }
    }

    private void look(ImageReader source) {
        byte[] luminance;
        int width;
        int height;
        int stride;
        // Copied under the lock: a picture's memory is gone when the camera is closed.
        synchronized (this) {
            if (closed) {
                return;
            }
            try (Image picture = source.acquireLatestImage()) {
                if (picture == null) {
                    return;
                }
                Image.Plane plane = picture.getPlanes()[0];
                ByteBuffer buffer = plane.getBuffer();
                luminance = new byte[buffer.remaining()];
                buffer.get(luminance);
                width = picture.getWidth();
                height = picture.getHeight();
                stride = plane.getRowStride();
            }
        }
        String text = reader.read(luminance, width, height, stride);
        if (text != null) {
            ear.onCode(text);
        }
    }

    private void fail() {
        boolean told;
        synchronized (this) {
            told = closed;
        }
        close();
        if (!told) {
            ear.onTrouble();
        }
    }

    private String backCamera() throws CameraAccessException {
        String any = null;
        for (String id : cameras.getCameraIdList()) {
            Integer facing = cameras.getCameraCharacteristics(id).get(CameraCharacteristics.LENS_FACING);
            if (facing != null && facing == CameraCharacteristics.LENS_FACING_BACK) {
                return id;
            }
            any = id;
        }
        return any;
    }

    private static Size pictureSize(CameraCharacteristics camera) {
        StreamConfigurationMap map = camera.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP);
        Size[] sizes = map == null ? null : map.getOutputSizes(ImageFormat.YUV_420_888);
        return sizes == null ? null : largestWithin(sizes, PIXELS_MAX);
    }

    /** The largest of at most {@code pixels}, or the smallest of all where each is larger. */
    static Size largestWithin(Size[] sizes, long pixels) {
        Size best = null;
        for (Size size : sizes) {
            if (best == null || isBetter(area(size), area(best), pixels)) {
                best = size;
            }
        }
        return best;
    }

    private static boolean isBetter(long area, long best, long pixels) {
        return best > pixels ? area < best : area <= pixels && area > best;
    }

    private static long area(Size size) {
        return (long) size.getWidth() * size.getHeight();
    }
}
