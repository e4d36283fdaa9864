import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import java.util.zip.*;
import org.codehaus.mojo.animal_sniffer.*;
import org.objectweb.asm.*;

/**
 * Fails where a class uses something of the platform that the signatures of an API level do not have: hidden, or newer.
 * Members that are inherited are looked up through our own classes too. A use that is guarded by the phone's version is
 * allowed by a line "LEVEL owner.member" in a list, and a line that nothing uses any more fails as well.
 *
 *   java -cp animal-sniffer.jar:asm.jar ApiCheck.java SIGNATURES ALLOWED CLASSES.JAR
 */
final class ApiCheck {
    private final Map<String, Clazz> platform;
    private final Map<String, Own> own = new HashMap<>();
    private final SortedSet<String> missing = new TreeSet<>();
    private final SortedSet<String> allowed;
    private final Set<String> guarded = new HashSet<>();
    private int checked;

    /** What is looked up in one of our classes. */
    private record Own(String above, List<String> interfaces, Set<String> members) {}

    private ApiCheck(Map<String, Clazz> platform, SortedSet<String> allowed) {
        this.platform = platform;
        this.allowed = allowed;
    }

    public static void main(String[] args) throws IOException {
        Map<String, Clazz> platform;
        try (InputStream signatures = new FileInputStream(args[0])) {
            platform = SignatureChecker.loadClasses(signatures);
        }
        SortedSet<String> allowed = Files.readAllLines(Path.of(args[1])).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.trim().split("\\s+", 2)[1]).collect(Collectors.toCollection(TreeSet::new));
        ApiCheck check = new ApiCheck(platform, allowed);
        List<ClassReader> classes = classes(args[2]);
        classes.forEach(check::learn);
        classes.forEach(check::look);
        check.report(classes.size());
    }

    private static List<ClassReader> classes(String jar) throws IOException {
        List<ClassReader> classes = new ArrayList<>();
        try (ZipInputStream in = new ZipInputStream(new BufferedInputStream(Files.newInputStream(Path.of(jar))))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class")) {
                    classes.add(new ClassReader(in.readAllBytes()));
                }
            }
        }
        return classes;
    }

    private void report(int classes) {
        missing.forEach(use -> System.out.println("not in the API: " + use));
        allowed.stream().filter(line -> !guarded.contains(line))
                .forEach(line -> System.out.println("allowed but not used: " + line));
        if (!missing.isEmpty() || !guarded.containsAll(allowed)) {
            System.exit(1);
        }
        System.out.println(checked + " uses of the platform in " + classes + " classes, " + guarded.size()
                + " of them newer and guarded");
    }

    private void learn(ClassReader reader) {
        Set<String> members = new HashSet<>();
        reader.accept(new ClassVisitor(Opcodes.ASM9) {
            @Override
            public FieldVisitor visitField(int access, String name, String type, String generic, Object value) {
                members.add(name + "#" + type);
                return null;
            }

            @Override
            public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] thrown) {
                members.add(name + type);
                return null;
            }
        }, ClassReader.SKIP_CODE);
        own.put(reader.getClassName(), new Own(reader.getSuperName(), List.of(reader.getInterfaces()), members));
    }

    private void look(ClassReader reader) {
        String user = reader.getClassName();
        type(reader.getSuperName(), user);
        for (String implemented : reader.getInterfaces()) {
            type(implemented, user);
        }
        reader.accept(new ClassVisitor(Opcodes.ASM9) {
            @Override
            public FieldVisitor visitField(int access, String name, String type, String generic, Object value) {
                type(Type.getType(type), user + "." + name);
                return null;
            }

            @Override
            public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] thrown) {
                return new Uses(user + "." + name, type);
            }
        }, ClassReader.SKIP_DEBUG);
    }

    private final class Uses extends MethodVisitor {
        private final String user;

        Uses(String user, String type) {
            super(Opcodes.ASM9);
            this.user = user;
            type(Type.getReturnType(type), user);
            for (Type argument : Type.getArgumentTypes(type)) {
                type(argument, user);
            }
        }

        @Override
        public void visitTypeInsn(int opcode, String name) {
            type(Type.getObjectType(name), user);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String type) {
            member(owner, name, name + "#" + type, user);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String type, boolean ofInterface) {
            member(owner, name, name + type, user);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String type, Handle bootstrap, Object... arguments) {
            for (Object argument : arguments) {
                if (argument instanceof Handle) {
                    Handle handle = (Handle) argument;
                    member(handle.getOwner(), handle.getName(), handle.getName() + handle.getDesc(), user);
                }
            }
        }

        @Override
        public void visitLdcInsn(Object value) {
            if (value instanceof Type && ((Type) value).getSort() != Type.METHOD) {
                type((Type) value, user);
            }
        }

        @Override
        public void visitTryCatchBlock(Label start, Label end, Label handler, String type) {
            if (type != null) {
                type(type, user);
            }
        }
    }

    private void type(Type type, String user) {
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (element.getSort() == Type.OBJECT) {
            type(element.getInternalName(), user);
        }
    }

    private void type(String name, String user) {
        if (!own.containsKey(name)) {
            checked++;
            found(platform.containsKey(name), name, user);
        }
    }

    private void member(String owner, String name, String signature, String user) {
        if (owner.startsWith("[") || isOurs(owner, signature)) {
            return;
        }
        checked++;
        found(isInApi(owner, signature), owner + "." + name, user);
    }

    private void found(boolean found, String what, String user) {
        if (!found && allowed.contains(what)) {
            guarded.add(what);
        } else if (!found) {
            missing.add(what + " in " + user);
        }
    }

    private boolean isOurs(String owner, String signature) {
        Own mine = own.get(owner);
        return mine != null && (mine.members.contains(signature) || isOurs(mine.above, signature)
                || mine.interfaces.stream().anyMatch(each -> isOurs(each, signature)));
    }

    private boolean isInApi(String owner, String signature) {
        Own mine = own.get(owner);
        if (mine != null) {
            return isInApi(mine.above, signature) || mine.interfaces.stream().anyMatch(each -> isInApi(each, signature));
        }
        Clazz theirs = owner == null ? null : platform.get(owner);
        return theirs != null && (theirs.getSignatures().contains(signature) || isInApi(theirs.getSuperClass(), signature)
                || Arrays.stream(theirs.getSuperInterfaces()).anyMatch(each -> isInApi(each, signature)));
    }
}
