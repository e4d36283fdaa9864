import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.jar.*;
import org.codehaus.mojo.animal_sniffer.*;
import org.objectweb.asm.*;

/**
 * Makes the android.jar that Google's SDK would bring: of the whole platform (android-all) only the classes and members
 * that the signatures of an API level name, without code. What is hidden is not in it, so its use does not compile.
 * The core of the Java library, which android-all lacks, is cut in the same way from the JDK that runs this.
 *
 *   java -cp animal-sniffer.jar:asm.jar PublicApi.java SIGNATURES ANDROID-ALL OUT
 */
final class PublicApi {
    private final Map<String, Clazz> named;
    private final JarFile platform;

    private PublicApi(Map<String, Clazz> named, JarFile platform) {
        this.named = named;
        this.platform = platform;
    }

    public static void main(String[] args) throws IOException {
        try (InputStream signatures = new FileInputStream(args[0]); JarFile platform = new JarFile(args[1]);
                JarOutputStream out = new JarOutputStream(new BufferedOutputStream(Files.newOutputStream(Path.of(args[2]))))) {
            PublicApi api = new PublicApi(SignatureChecker.loadClasses(signatures), platform);
            for (String name : new TreeSet<>(api.named.keySet())) {
                if (api.read(name) != null) {
                    JarEntry entry = new JarEntry(name + ".class");
                    entry.setTime(0);
                    out.putNextEntry(entry);
                    out.write(api.reduced(name));
                }
            }
        }
    }

    private byte[] reduced(String name) throws IOException {
        ClassWriter writer = new ClassWriter(0);
        Clazz allowed = named.get(name);
        Set<String> members = new HashSet<>(allowed.getSignatures());
        ClassReader whole = read(name);
        whole.accept(new Reduced(writer, allowed, members), ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
        // A public class may inherit public members from a hidden one: those are copied down.
        String above = whole.getSuperName();
        while (above != null && !named.containsKey(above)) {
            ClassReader hidden = read(above);
            hidden.accept(new Reduced(writer, null, members), ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
            above = hidden.getSuperName();
        }
        return writer.toByteArray();
    }

    /** The class, or null where neither the platform nor the JDK has it. */
    private ClassReader read(String name) throws IOException {
        JarEntry entry = platform.getJarEntry(name + ".class");
        try (InputStream in = entry != null ? platform.getInputStream(entry)
                : ClassLoader.getPlatformClassLoader().getResourceAsStream(name + ".class")) {
            return in == null ? null : new ClassReader(in);
        }
    }

    /** Passes on the head of a class, if one is wanted, and each allowed member once. */
    private static final class Reduced extends ClassVisitor {
        private final ClassVisitor out;
        private final Clazz head;
        private final Set<String> members;

        Reduced(ClassVisitor out, Clazz head, Set<String> members) {
            super(Opcodes.ASM9);
            this.out = out;
            this.head = head;
            this.members = members;
        }

        @Override
        public void visit(int version, int access, String name, String generic, String above, String[] interfaces) {
            if (head != null) {
                boolean same = Objects.equals(above, head.getSuperClass())
                        && Set.of(interfaces).equals(Set.of(head.getSuperInterfaces()));
                out.visit(Opcodes.V1_8, access & ~Opcodes.ACC_RECORD, name, same ? generic : null, head.getSuperClass(),
                        head.getSuperInterfaces());
            }
        }

        @Override
        public void visitInnerClass(String name, String outer, String inner, int access) {
            if (head != null) {
                out.visitInnerClass(name, outer, inner, access);
            }
        }

        @Override
        public FieldVisitor visitField(int access, String name, String type, String generic, Object value) {
            if (members.remove(name + "#" + type)) {
                out.visitField(access, name, type, generic, value);
            }
            return null;
        }

        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] thrown) {
            if (members.remove(name + type)) {
                out.visitMethod(access, name, type, generic, thrown);
            }
            return null;
        }
    }
}
