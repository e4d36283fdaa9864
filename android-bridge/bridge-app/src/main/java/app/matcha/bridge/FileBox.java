package app.matcha.bridge;

import android.util.AtomicFile;
import app.matcha.bridge.core.HmacSigner;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.UnrecoverableKeyException;

/**
 * A folder that only this app can read. Weaker than the keystore: who has the phone unlocked and opened by root can copy
 * the key. Backups leave it out.
 */
final class FileBox implements KeyBox {
    private final File folder;

    FileBox(File files) {
        folder = new File(files, "keys");
    }

    @Override
    public void put(String name, byte[] key) throws GeneralSecurityException {
        AtomicFile file = file(name);
        FileOutputStream out = null;
        try {
            folder.mkdirs();
            out = file.startWrite();
            out.write(key);
            file.finishWrite(out);
        } catch (IOException failed) {
            file.failWrite(out);
            throw new GeneralSecurityException("the key could not be written", failed);
        }
    }

    @Override
    public byte[] sign(String name, byte[] message) throws GeneralSecurityException {
        try {
            return new HmacSigner(name, file(name).readFully()).hmacSha256(message);
        } catch (IOException | IllegalArgumentException noKey) {
            throw new UnrecoverableKeyException("the key could not be read");
        }
    }

    @Override
    public void remove(String name) {
        file(name).delete();
    }

    /** A name is the id of a device, which {@code Pairing} has checked: no way out of the folder. */
    private AtomicFile file(String name) {
        return new AtomicFile(new File(folder, name));
    }
}
