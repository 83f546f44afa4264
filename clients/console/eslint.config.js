import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

export default typescript.config(
    { ignores: ["dist", "node_modules", "src/generated"] },
    ...typescript.configs.recommended,
    hooks.configs.flat["recommended-latest"] ?? hooks.configs["recommended-latest"],
    { files: ["src/**/*.{ts,tsx}"] },
);
