package app.matcha.bridge.ui;

import android.content.Intent;
import android.os.Bundle;
import android.widget.TextView;
import app.matcha.bridge.R;

/** Shows what would be shared, and shares exactly that: the text as it stands on the screen when the button is tapped. */
public final class DiagnosticsActivity extends Screen {
    private String text = "";

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        scrolling(R.string.diag_title, R.layout.diagnostics);
        findViewById(R.id.diag_share).setOnClickListener(clicked -> share());
        findViewById(R.id.diag_copy).setOnClickListener(clicked -> copy(text));
    }

    /** Made once for each visit: what is being read must not change under the reader's eyes. */
    @Override
    void show() {
        if (text.isEmpty()) {
            text = panel().diagnostics();
            this.<TextView>findViewById(R.id.diag_text).setText(text);
        }
    }

    private void share() {
        Intent send = new Intent(Intent.ACTION_SEND).setType("text/plain")
                .putExtra(Intent.EXTRA_SUBJECT, getString(R.string.diag_subject))
                .putExtra(Intent.EXTRA_TEXT, text);
        startActivity(Intent.createChooser(send, getString(R.string.diag_share)));
    }
}
