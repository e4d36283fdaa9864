package app.matcha.bridge.ui;

import android.app.AlertDialog;
import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Context;
import android.content.Intent;
import android.os.Build;
import android.os.Bundle;
import android.text.Editable;
import android.text.TextWatcher;
import android.view.View;
import android.widget.Button;
import android.widget.EditText;
import android.widget.Switch;
import android.widget.TextView;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.R;
import app.matcha.bridge.Status;
import app.matcha.bridge.core.PairingPayload;
import app.matcha.bridge.core.Refused;
import app.matcha.bridge.core.ServerAddress;
import app.matcha.bridge.ui.Parts.Mood;
import java.util.UUID;

/**
 * Pairs this phone: by a link that was pasted, scanned, or opened in another app. Whichever it is, the server's address
 * is shown first and nothing is sent before the owner taps the button. Pairing again keeps what waits.
 */
public final class PairActivity extends Screen {
    private static final String LINK = "link";
    private static final String MARK = "mark";
    /** No other app can know it, so none can pass for this one. */
    private static final String OURS = UUID.randomUUID().toString();

    private EditText link;
    private EditText name;
    private Switch plain;
    private Button pair;
    /** What the link says; null while there is none that can be read. */
    private PairingPayload found;
    /** Another app opened the link: say so. */
    private boolean fromOutside;
    /** The link came whole, so there is no need to see it. */
    private boolean given;
    private boolean pairing;
    /** What is wrong with the link, or why the last attempt failed; null where nothing is. */
    private String failure;

    /** Opens this screen with a link, or empty. */
    static Intent with(Context context, String link) {
        return new Intent(context, PairActivity.class).putExtra(LINK, link).putExtra(MARK, OURS);
    }

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        scrolling(R.string.pair_title, R.layout.pair);
        link = findViewById(R.id.pair_link);
        name = findViewById(R.id.pair_name);
        plain = findViewById(R.id.pair_plain);
        pair = findViewById(R.id.pair_do);
        if (saved == null) {
            name.setText(Build.MODEL);
            take(getIntent());
        }
        link.addTextChangedListener(new Changed(this::read));
        name.addTextChangedListener(new Changed(this::show));
        plain.setOnCheckedChangeListener((view, on) -> show());
        findViewById(R.id.pair_paste).setOnClickListener(clicked -> paste());
        findViewById(R.id.pair_scan).setOnClickListener(clicked -> go(ScanActivity.class));
        findViewById(R.id.pair_other).setOnClickListener(clicked -> another());
        findViewById(R.id.pair_leave).setOnClickListener(clicked -> askToLeave());
        Parts.say(findViewById(R.id.state_do), null);
        Parts.say(findViewById(R.id.state_other), null);
        pair.setOnClickListener(clicked -> pair());
        read();
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        if (!pairing) {
            setIntent(intent);
            take(intent);
        }
    }

    /** Only fills in the field: whoever sent the intent, the owner decides. */
    private void take(Intent intent) {
        boolean ours = OURS.equals(intent.getStringExtra(MARK));
        String text = ours ? intent.getStringExtra(LINK) : intent.getDataString();
        given = text != null;
        fromOutside = given && !ours;
        link.setText(text == null ? "" : text);
    }

    private void paste() {
        ClipData clip = getSystemService(ClipboardManager.class).getPrimaryClip();
        CharSequence text = clip == null || clip.getItemCount() == 0 ? null : clip.getItemAt(0).coerceToText(this);
        if (text == null || text.length() == 0) {
            tell(R.string.pair_empty_clipboard);
        } else {
            link.setText(text);
        }
    }

    private void another() {
        given = false;
        fromOutside = false;
        link.setText("");
        link.requestFocus();
    }

    private void read() {
        found = null;
        failure = null;
        String text = link.getText().toString();
        if (!text.trim().isEmpty()) {
            try {
                found = PairingPayload.parse(text);
            } catch (Refused refused) {
                failure = refused.code();
            }
        }
        show();
    }

    @Override
    void show() {
        Status status = panel().status();
        boolean hideLink = given && found != null;
        see(R.id.pair_link_card, !hideLink);
        see(R.id.pair_other, hideLink && !pairing);
        see(R.id.pair_found, found != null);
        see(R.id.pair_leave, status.paired && found == null);
        Parts.say(findViewById(R.id.pair_again), status.paired ? standing(status) : null);
        boolean usable = found != null && showServer();
        boolean named = !name.getText().toString().trim().isEmpty();
        name.setError(named ? null : getString(R.string.code_no_name));
        pair.setEnabled(usable && named && !pairing);
        pair.setText(pairing ? R.string.pair_doing : R.string.pair_do);
        link.setEnabled(!pairing);
        showState();
    }

    private String standing(Status status) {
        return getString(R.string.pair_again, status.serverHost, status.waiting)
                + (status.keyInKeystore ? "" : "\n\n" + getString(R.string.pair_key_in_file));
    }

    /** Where the link leads and how safe the way is; true where it may be gone. */
    private boolean showServer() {
        TextView server = findViewById(R.id.pair_server);
        TextView safety = findViewById(R.id.pair_safety);
        try {
            ServerAddress address = found.address(plain.isChecked());
            server.setText(address.base());
            safety.setText(!address.isSecure() ? R.string.pair_private
                    : found.pin() != null ? R.string.pair_pinned : R.string.pair_safe);
            see(R.id.pair_plain, !address.isSecure());
            return true;
        } catch (Refused refused) {
            server.setText(found.server());
            safety.setText(Codes.explain(getResources(), refused.code()));
            see(R.id.pair_plain, refused.code().equals("plain_http_off"));
            return false;
        }
    }

    private void showState() {
        View state = findViewById(R.id.state);
        state.setVisibility(failure != null || fromOutside ? View.VISIBLE : View.GONE);
        if (failure != null) {
            Parts.state(state, Mood.BAD, getString(found == null ? R.string.pair_bad_link : R.string.pair_failed),
                    Codes.explain(getResources(), failure), getString(R.string.code_shown, failure));
        } else {
            Parts.state(state, Mood.WARN, getString(R.string.pair_from_link), getString(R.string.pair_from_link_text),
                    null);
        }
    }

    private void pair() {
        pairing = true;
        failure = null;
        show();
        panel().pair(link.getText().toString(), name.getText().toString().trim(), plain.isChecked(), this::paired);
    }

    private void paired(PairResult result) {
        pairing = false;
        failure = result.ok ? null : result.code;
        if (isDestroyed()) {
            return;
        }
        if (result.ok) {
            goHome();
            go(StepsActivity.class);
            finish();
        } else {
            show();
            findViewById(R.id.scroll).scrollTo(0, 0);
        }
    }

    private void askToLeave() {
        new AlertDialog.Builder(this)
                .setTitle(R.string.unpair_title)
                .setMessage(getString(R.string.unpair_text, panel().status().waiting))
                .setPositiveButton(R.string.unpair_keep, (dialog, which) -> leave(false))
                .setNegativeButton(R.string.unpair_wipe, (dialog, which) -> leave(true))
                .setNeutralButton(R.string.cancel, null)
                .show();
    }

    private void leave(boolean wipe) {
        panel().unpair(wipe);
        finish();
    }

    private void see(int view, boolean visible) {
        findViewById(view).setVisibility(visible ? View.VISIBLE : View.GONE);
    }

    /** Tells only that a text changed. */
    private static final class Changed implements TextWatcher {
        private final Runnable act;

        Changed(Runnable act) {
            this.act = act;
        }

        @Override
        public void beforeTextChanged(CharSequence text, int start, int count, int after) {}

        @Override
        public void onTextChanged(CharSequence text, int start, int before, int count) {}

        @Override
        public void afterTextChanged(Editable text) {
            act.run();
        }
    }
}
