package app.matcha.bridge.ui;

import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.BaseAdapter;
import android.widget.CheckBox;
import android.widget.ImageView;
import android.widget.ListView;
import android.widget.TextView;
import app.matcha.bridge.R;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which apps are listened to. A tick counts at once. */
public final class AppsActivity extends Screen {
    private final List<String> choices = new ArrayList<>();
    private final Choices adapter = new Choices();

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        setContentView(R.layout.listed);
        name(R.string.apps_title);
        this.<TextView>findViewById(R.id.list_note).setText(R.string.apps_about);
        choices.addAll(Apps.choices(this, panel().watched()));
        ListView list = findViewById(R.id.list);
        list.setAdapter(adapter);
        list.setOnItemClickListener((parent, view, at, id) -> toggle(choices.get(at)));
    }

    @Override
    void show() {
        adapter.notifyDataSetChanged();
    }

    private void toggle(String name) {
        Set<String> watched = new TreeSet<>(panel().watched());
        if (!watched.remove(name)) {
            watched.add(name);
        }
        panel().watched(watched);
        show();
    }

    private void bind(View view, String name) {
        boolean here = Apps.isInstalled(this, name);
        String label = Apps.label(this, name);
        view.<TextView>findViewById(R.id.choice_name).setText(label);
        Parts.say(view.findViewById(R.id.choice_text), !here ? getString(R.string.apps_missing)
                : label.equals(name) ? null : name);
        ImageView icon = view.findViewById(R.id.choice_icon);
        if (here) {
            icon.setImageDrawable(Apps.icon(this, name));
        } else {
            icon.setImageResource(R.drawable.ic_apps);
        }
        boolean watched = panel().watched().contains(name);
        view.<CheckBox>findViewById(R.id.choice_box).setChecked(watched);
        view.setAccessibilityDelegate(new Checked(watched));
    }

    /** A screen reader says of the whole line whether it is ticked. */
    private static final class Checked extends View.AccessibilityDelegate {
        private final boolean checked;

        Checked(boolean checked) {
            this.checked = checked;
        }

        @Override
        public void onInitializeAccessibilityNodeInfo(View host, android.view.accessibility.AccessibilityNodeInfo info) {
            super.onInitializeAccessibilityNodeInfo(host, info);
            info.setClassName(CheckBox.class.getName());
            info.setCheckable(true);
            info.setChecked(checked);
        }
    }

    private final class Choices extends BaseAdapter {
        @Override
        public int getCount() {
            return choices.size();
        }

        @Override
        public String getItem(int at) {
            return choices.get(at);
        }

        @Override
        public long getItemId(int at) {
            return at;
        }

        @Override
        public View getView(int at, View old, ViewGroup parent) {
            View view = old != null ? old : getLayoutInflater().inflate(R.layout.choice, parent, false);
            bind(view, choices.get(at));
            return view;
        }
    }
}
