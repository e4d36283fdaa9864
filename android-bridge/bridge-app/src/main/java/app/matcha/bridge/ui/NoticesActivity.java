package app.matcha.bridge.ui;

import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.BaseAdapter;
import android.widget.ListView;
import android.widget.TextView;
import app.matcha.bridge.R;
import app.matcha.bridge.core.Outbox;
import java.util.ArrayList;
import java.util.List;

/** The last notices and what became of them. The only screen that shows what a notice says. */
public final class NoticesActivity extends Screen {
    private static final int ROWS_MAX = 50;

    private final List<Outbox.Row> rows = new ArrayList<>();
    private final Rows adapter = new Rows();

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        setContentView(R.layout.listed);
        name(R.string.notices_title);
        this.<ListView>findViewById(R.id.list).setAdapter(adapter);
    }

    @Override
    void show() {
        rows.clear();
        rows.addAll(panel().recent(ROWS_MAX));
        this.<TextView>findViewById(R.id.list_note).setText(rows.isEmpty()
                ? getString(R.string.notices_none) : getString(R.string.notices_about, ROWS_MAX));
        adapter.notifyDataSetChanged();
    }

    private void bind(View view, Outbox.Row row) {
        Moments moments = moments();
        Parts.say(view.findViewById(R.id.notice_from), getString(R.string.notice_from,
                Apps.label(this, row.packageName), moments.exactly(row.postedAt)));
        Parts.say(view.findViewById(R.id.notice_title), row.title);
        boolean silent = (row.text == null || row.text.isEmpty()) && (row.title == null || row.title.isEmpty());
        Parts.say(view.findViewById(R.id.notice_text), silent ? getString(R.string.notice_no_text) : row.text);
        Parts.say(view.findViewById(R.id.notice_why), why(row, moments));
        TextView state = view.findViewById(R.id.notice_state);
        Parts.Mood mood = mood(row.state);
        state.setText(word(row.state));
        state.setTextColor(getColor(mood.color));
        state.setBackgroundResource(mood.chip);
    }

    private String why(Outbox.Row row, Moments moments) {
        switch (row.state) {
            case STORED:
                return getString(R.string.notice_stored_at, moments.exactly(row.stateAt));
            case PARKED:
                return getString(R.string.notice_refused, row.code);
            case DROPPED:
                return getString(R.string.notice_dropped_why);
            default:
                return null;
        }
    }

    private static int word(Outbox.Fate state) {
        switch (state) {
            case STORED:
                return R.string.notice_stored;
            case PARKED:
                return R.string.notice_parked;
            case DROPPED:
                return R.string.notice_dropped;
            default:
                return R.string.notice_waiting;
        }
    }

    private static Parts.Mood mood(Outbox.Fate state) {
        switch (state) {
            case STORED:
                return Parts.Mood.GOOD;
            case WAITING:
                return Parts.Mood.WARN;
            default:
                return Parts.Mood.BAD;
        }
    }

    private final class Rows extends BaseAdapter {
        @Override
        public int getCount() {
            return rows.size();
        }

        @Override
        public Outbox.Row getItem(int at) {
            return rows.get(at);
        }

        @Override
        public long getItemId(int at) {
            return at;
        }

        @Override
        public View getView(int at, View old, ViewGroup parent) {
            View view = old != null ? old : getLayoutInflater().inflate(R.layout.notice, parent, false);
            bind(view, rows.get(at));
            return view;
        }
    }
}
