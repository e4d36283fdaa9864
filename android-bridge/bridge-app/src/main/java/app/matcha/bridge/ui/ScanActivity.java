package app.matcha.bridge.ui;

import android.Manifest;
import android.app.Activity;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.graphics.Matrix;
import android.graphics.SurfaceTexture;
import android.net.Uri;
import android.os.Bundle;
import android.provider.Settings;
import android.util.Size;
import android.view.TextureView;
import android.view.View;
import android.widget.Button;
import android.widget.ImageButton;
import android.widget.TextView;
import app.matcha.bridge.R;
import app.matcha.bridge.core.PairingPayload;
import app.matcha.bridge.core.Refused;

/**
 * Looks for a pairing code and hands its link to {@link PairActivity}, which asks before it pairs. The camera runs only
 * while this screen is in front. Codes that are not for pairing are said to be so.
 */
public final class ScanActivity extends Activity implements QrCamera.Ear, TextureView.SurfaceTextureListener {
    private static final int ASK = 1;

    private TextureView view;
    private TextView hint;
    private ImageButton torch;
    private QrCamera camera;
    private boolean asked;
    private boolean inFront;
    private boolean light;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        setContentView(R.layout.scan);
        setTitle(R.string.pair_scan);
        view = findViewById(R.id.scan_view);
        hint = findViewById(R.id.scan_hint);
        torch = findViewById(R.id.scan_torch);
        view.setSurfaceTextureListener(this);
        findViewById(R.id.back).setOnClickListener(clicked -> finish());
        findViewById(R.id.scan_instead).setOnClickListener(clicked -> pairWith(null));
        torch.setOnClickListener(clicked -> light(!light));
    }

    @Override
    protected void onResume() {
        super.onResume();
        inFront = true;
        findViewById(R.id.scan_asks).setVisibility(mayLook() ? View.GONE : View.VISIBLE);
        if (mayLook()) {
            begin();
        } else {
            ask();
        }
    }

    @Override
    protected void onPause() {
        super.onPause();
        inFront = false;
        end();
    }

    private boolean mayLook() {
        return checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED;
    }

    /** The reason first, then the system's question; after a last "no" only the system's settings can change it. */
    private void ask() {
        boolean refused = asked && !shouldShowRequestPermissionRationale(Manifest.permission.CAMERA);
        this.<TextView>findViewById(R.id.scan_why).setText(refused ? R.string.scan_denied : R.string.scan_why);
        Button allow = findViewById(R.id.scan_allow);
        allow.setText(refused ? R.string.scan_settings : R.string.scan_allow);
        allow.setOnClickListener(clicked -> {
            if (refused) {
                startActivity(new Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                        Uri.fromParts("package", getPackageName(), null)));
            } else {
                requestPermissions(new String[] {Manifest.permission.CAMERA}, ASK);
            }
        });
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        // Interrupted questions come back empty and count as not asked.
        asked |= results.length > 0;
    }

    private void begin() {
        if (camera != null || !inFront) {
            return;
        }
        QrCamera opened = new QrCamera(this, this);
        Size size = opened.size();
        torch.setVisibility(opened.hasLight() ? View.VISIBLE : View.GONE);
        if (size == null) {
            hint.setText(R.string.scan_no_camera);
        } else if (view.isAvailable()) {
            camera = opened;
            fit(size);
            opened.open(view.getSurfaceTexture(), size);
        }
    }

    private void end() {
        if (camera != null) {
            camera.close();
            camera = null;
            light = false;
        }
    }

    private void light(boolean on) {
        if (camera != null) {
            light = on;
            camera.light(on);
            torch.setContentDescription(getString(on ? R.string.scan_torch_off : R.string.scan_torch_on));
        }
    }

    /** The picture lies in the camera and stands on the screen: fill the view and keep the proportions. */
    private void fit(Size size) {
        float width = view.getWidth();
        float height = view.getHeight();
        float standing = (float) size.getWidth() / size.getHeight();
        float shown = height / width;
        Matrix matrix = new Matrix();
        matrix.setScale(Math.max(1, shown / standing), Math.max(1, standing / shown), width / 2, height / 2);
        view.setTransform(matrix);
    }

    @Override
    public void onCode(String text) {
        boolean ours = isForPairing(text);
        runOnUiThread(() -> {
            if (!inFront || isFinishing()) {
                return;
            }
            if (ours) {
                pairWith(text);
            } else {
                hint.setText(R.string.scan_wrong);
            }
        });
    }

    /** A pairing link with a fault in it is one too: the next screen says what is wrong with it. */
    private static boolean isForPairing(String text) {
        try {
            PairingPayload.parse(text);
            return true;
        } catch (Refused refused) {
            return !refused.code().equals("no_link");
        }
    }

    @Override
    public void onTrouble() {
        runOnUiThread(() -> hint.setText(R.string.scan_no_camera));
    }

    private void pairWith(String link) {
        startActivity(PairActivity.with(this, link));
        finish();
    }

    @Override
    public void onSurfaceTextureAvailable(SurfaceTexture texture, int width, int height) {
        if (mayLook()) {
            begin();
        }
    }

    @Override
    public void onSurfaceTextureSizeChanged(SurfaceTexture texture, int width, int height) {}

    @Override
    public boolean onSurfaceTextureDestroyed(SurfaceTexture texture) {
        end();
        return true;
    }

    @Override
    public void onSurfaceTextureUpdated(SurfaceTexture texture) {}
}
