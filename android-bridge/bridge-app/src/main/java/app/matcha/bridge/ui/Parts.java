package app.matcha.bridge.ui;

import android.content.res.ColorStateList;
import android.view.LayoutInflater;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ImageView;
import android.widget.TextView;
import app.matcha.bridge.R;

/** The pieces screens are made of. Knows how they look, not what they say. */
final class Parts {
    /** How a thing stands: decides colour and icon, never alone: the words say it too. */
    enum Mood {
        GOOD(R.color.good, R.drawable.card_good, R.drawable.chip_good, R.drawable.ic_check),
        WARN(R.color.warn, R.drawable.card_warn, R.drawable.chip_warn, R.drawable.ic_alert),
        BAD(R.color.bad, R.drawable.card_bad, R.drawable.chip_bad, R.drawable.ic_alert);

        final int color;
        final int card;
        final int chip;
        final int icon;

        Mood(int color, int card, int chip, int icon) {
            this.color = color;
            this.card = card;
            this.chip = chip;
            this.icon = icon;
        }
    }

    private Parts() {}

    /** Adds a layout to a group and gives it back. */
    @SuppressWarnings("unchecked")
    static <T extends View> T add(ViewGroup into, int layout) {
        View made = LayoutInflater.from(into.getContext()).inflate(layout, into, false);
        into.addView(made);
        return (T) made;
    }

    /** Sets a text; nothing to say hides the view. */
    static void say(TextView view, CharSequence text) {
        boolean silent = text == null || text.length() == 0;
        view.setVisibility(silent ? View.GONE : View.VISIBLE);
        // Unchanged texts are left alone, or a screen reader would read them out again every time.
        if (!silent && !text.toString().contentEquals(view.getText())) {
            view.setText(text);
        }
    }

    /** A button that says and does something; without words it is not there. */
    static void button(TextView button, CharSequence words, Runnable act) {
        say(button, words);
        button.setOnClickListener(clicked -> act.run());
    }

    /** The one button that matters, or a quiet one. */
    static void weight(TextView button, boolean matters) {
        button.setBackgroundResource(matters ? R.drawable.button : R.drawable.button_quiet);
        button.setTextColor(button.getContext().getColorStateList(matters ? R.color.button_text : R.color.tea));
    }

    /** A big state with its icon and colours; {@code R.layout.state}. */
    static void state(View state, Mood mood, CharSequence title, CharSequence text, CharSequence note) {
        state.setBackgroundResource(mood.card);
        ImageView icon = state.findViewById(R.id.state_icon);
        disc(icon, mood);
        TextView words = state.findViewById(R.id.state_title);
        say(words, title);
        words.setTextColor(state.getContext().getColor(mood.color));
        say(state.findViewById(R.id.state_text), text);
        say(state.findViewById(R.id.state_note), note);
    }

    /** An icon on a disc of its mood's colour. */
    static void disc(ImageView icon, Mood mood) {
        icon.setImageResource(mood.icon);
        icon.setImageTintList(ColorStateList.valueOf(icon.getContext().getColor(R.color.card)));
        icon.setBackgroundResource(R.drawable.disc);
        icon.setBackgroundTintList(ColorStateList.valueOf(icon.getContext().getColor(mood.color)));
    }

    /** An empty ring: not done yet. */
    static void ring(ImageView icon) {
        icon.setImageDrawable(null);
        icon.setBackgroundResource(R.drawable.ring);
        icon.setBackgroundTintList(null);
    }

    /** A line that leads somewhere; {@code R.layout.entry}. */
    static TextView entry(ViewGroup into, int icon, int title, Runnable go) {
        View entry = add(into, R.layout.entry);
        entry.<ImageView>findViewById(R.id.entry_icon).setImageResource(icon);
        entry.<TextView>findViewById(R.id.entry_title).setText(title);
        entry.setOnClickListener(clicked -> go.run());
        return entry.findViewById(R.id.entry_text);
    }

    /** A fact with its name; {@code R.layout.row}. Gives back where its value goes. */
    static TextView row(ViewGroup into, int label) {
        View row = add(into, R.layout.row);
        row.<TextView>findViewById(R.id.row_label).setText(label);
        return row.findViewById(R.id.row_value);
    }

    /** Sets the value of a row; nothing to say hides the row. */
    static void fact(TextView value, CharSequence text) {
        say(value, text);
        ((View) value.getParent()).setVisibility(value.getVisibility());
    }

    /** A count with its name below; {@code R.layout.tile}. Gives back where the number goes. */
    static TextView tile(ViewGroup into, int label) {
        View tile = add(into, R.layout.tile);
        tile.<TextView>findViewById(R.id.tile_label).setText(label);
        return tile.findViewById(R.id.tile_number);
    }

    /** The heading of a section. */
    static void section(ViewGroup into, int title) {
        Parts.<TextView>add(into, R.layout.section).setText(title);
    }

    /** A card that holds lines; {@code R.layout.lines}. */
    static ViewGroup lines(ViewGroup into) {
        return add(into, R.layout.lines);
    }
}
