package app.matcha.bridge.ui;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Intent;
import android.os.Build;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.view.ViewGroup;
import android.widget.TextView;
import android.widget.Toast;
import app.matcha.bridge.R;

/**
 * A screen: a bar with its name, what stands under it, and {@link #show}, which is called when the screen comes up, when
 * the bridge changes, and every few seconds, so that "2 min ago" stays true.
 */
abstract class Screen extends Activity {
    private static final long TICK_MILLIS = 5_000;

    private final Handler ticks = new Handler(Looper.getMainLooper());
    private final Runnable tick = this::showAndTick;
    private final Runnable change = this::show;
    private Panel panel;

    /** Brings what is seen in line with how things stand. Must be cheap, and may be called at any time while visible. */
    abstract void show();

    final Panel panel() {
        return panel;
    }

    final Moments moments() {
        return new Moments(getResources(), panel.nowMillis());
    }

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        panel = Panel.of(this);
    }

    @Override
    protected void onStart() {
        super.onStart();
        panel.watch(change);
    }

    // Not in onStart: settings that a dialog over this screen changed are looked at again, too.
    @Override
    protected void onResume() {
        super.onResume();
        showAndTick();
    }

    @Override
    protected void onPause() {
        super.onPause();
        ticks.removeCallbacks(tick);
    }

    @Override
    protected void onStop() {
        super.onStop();
        panel.unwatch(change);
    }

    /** The frame that scrolls, with this layout in it. */
    final ViewGroup scrolling(int title, int layout) {
        setContentView(R.layout.screen);
        name(title);
        ViewGroup content = findViewById(R.id.content);
        if (layout != 0) {
            getLayoutInflater().inflate(layout, content);
        }
        return content;
    }

    /** The bar's title, and its way back. */
    final void name(int title) {
        setTitle(title);
        this.<TextView>findViewById(R.id.title).setText(title);
        View back = findViewById(R.id.back);
        back.setOnClickListener(clicked -> finish());
    }

    final void go(Class<? extends Activity> screen) {
        startActivity(new Intent(this, screen));
    }

    /** Back to the first screen, wherever it is. */
    final void goHome() {
        startActivity(new Intent(this, HomeActivity.class).addFlags(Intent.FLAG_ACTIVITY_CLEAR_TOP));
    }

    /** Opens a screen of the system. Makers leave some out, or keep them for themselves. */
    final void open(Intent intent) {
        try {
            startActivity(intent);
        } catch (ActivityNotFoundException | SecurityException notHere) {
            tell(R.string.cannot_open);
        }
    }

    final void tell(int text) {
        Toast.makeText(this, text, Toast.LENGTH_LONG).show();
    }

    final void copy(CharSequence text) {
        ClipData clip = ClipData.newPlainText(getString(R.string.app_name), text);
        getSystemService(ClipboardManager.class).setPrimaryClip(clip);
        // From Android 13 the system itself shows what was copied.
        if (Build.VERSION.SDK_INT < 33) {
            tell(R.string.copied);
        }
    }

    private void showAndTick() {
        show();
        ticks.removeCallbacks(tick);
        ticks.postDelayed(tick, TICK_MILLIS);
    }
}
